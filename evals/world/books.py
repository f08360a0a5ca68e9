"""What the world tells the shop: stretches of its days as tidy files, and nothing of the truth."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evals.world.lives import NEVER
from evals.world.market import BOUGHT_WITHIN, RETURN_DAYS, Campaign, World

GUESTS = 0.15
"""Share of orders without a customer."""
COMPETITOR = "Northgate"
COUNTRY = "GB"
RIVAL_EVERY = 7
CATEGORIES = (
    ("Home", "Kettles"), ("Home", "Lamps"), ("Garden", "Tools"), ("Office", "Paper"),
    ("Sport", "Bottles"), ("Kitchen", "Pans"),
)  # fmt: skip


def write_books(world: World, folder: Path, since: int) -> None:
    """Write the days from ``since`` to yesterday; products and prices only of what is new."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = since == 0
    if whole:
        _write(folder / "customers.csv", _customers(world))
        _write(folder / "suppliers.csv", _suppliers(world))
    _write(folder / "products.csv", _products(world, since))
    _write(folder / "prices.csv", _prices(world, since))
    orders, buyers = _orders(world, since)
    _write(folder / "orders.csv", orders)
    _write(folder / "returns.csv", _returns(world, since))
    _write(folder / "stock.csv", _stock(world, since))
    _write(folder / "costs.csv", _costs(world, since))
    _write(folder / "purchase_orders.csv", _purchase_orders(world, since))
    _write(folder / "competitor_prices.csv", _rivals(world, since))
    if whole:
        _write(folder / "campaigns.csv", _campaigns(world))
    _write(folder / "campaign_events.csv", _events(world, since, buyers))


def _write(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        path.unlink(missing_ok=True)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _money(minor: float) -> str:
    return f"{round(minor) / 100:.2f}"


def _day(world: World, number: int) -> str:
    return world.truth.day(number).isoformat()


def product_of(sku: str) -> str:
    """Every SKU is a product of its own."""
    return f"P-{sku}"


def customer(number: int) -> str:
    """Name of a customer."""
    return f"CUST-{number:05d}"


def _new(world: World, since: int, sku: int) -> bool:
    """Whether a SKU has come since; all that have come, from the first day."""
    return bool(since <= world.truth.born[sku] < world.day)


def _products(world: World, since: int) -> list[dict[str, Any]]:
    """What has come, and the lines whose season has ended."""
    truth, rows = world.truth, []
    for number, sku in enumerate(truth.sku):
        over = since < truth.ends[number] <= world.day
        if not _new(world, since, number) and not over:
            continue
        top, leaf = CATEGORIES[truth.category[number] % len(CATEGORIES)]
        row = {
            "sku": sku,
            "product_id": product_of(str(sku)),
            "title": f"{leaf} model {number}",
            "category": f"{top} > {leaf}",
            "brand": f"Brand {number % 4}",
            "supplier": f"Supplier {truth.supplier[number]}",
            "lead_time_days": int(truth.stated[number]),
            "min_order": 1,
            "case_pack": int(truth.pack[number]),
            "status": "archived" if over else "active",
            "first_seen": _day(world, int(truth.born[number])),
        }
        if truth.regime.shelf_life_days is not None:
            row["shelf_life_days"] = truth.regime.shelf_life_days
        if truth.regime.line_share:
            line = truth.ends[number] < NEVER
            row["season_end"] = _day(world, int(truth.ends[number])) if line else ""
        rows.append(row)
    return rows


def _suppliers(world: World) -> list[dict[str, Any]]:
    truth = world.truth
    return [
        {"supplier": f"Supplier {number}", "name": f"Supplier {number}",
         "lead_time_days": float(truth.stated[truth.supplier == number].mean())}
        for number in np.unique(truth.supplier)
    ]  # fmt: skip


def _customers(world: World) -> list[dict[str, Any]]:
    return [
        {"customer_id": customer(number), "country": COUNTRY,
         "consent_marketing": "true" if world.truth.consent[number] else "false",
         "first_seen": _day(world, 0)}
        for number in range(len(world.truth.weight))
    ]  # fmt: skip


def _orders(world: World, since: int) -> tuple[list[dict[str, Any]], dict[int, set[int]]]:
    """Lines sold, and who bought on which day."""
    truth, rows = world.truth, []
    buyers: dict[int, set[int]] = {}
    moved: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for day, sku, who, units in world.lines:
        moved.setdefault((day, sku), []).append((who, units))
    for day in range(since, world.day):
        rng = np.random.default_rng([truth.seed, day, 11])
        for sku in np.flatnonzero(world.ledger.units[:, day] > 0).tolist():
            named = moved.get((day, sku), [])
            rest = int(world.ledger.units[sku, day]) - sum(units for _, units in named)
            lines = named + _lines(world, rng, rest)
            for place, (who, units) in enumerate(lines):
                buyers.setdefault(day, set()).add(who)
                rows.append(_line(world, day, sku, place, who, units))
    return rows, buyers


def _lines(world: World, rng: np.random.Generator, units: int) -> list[tuple[int, int]]:
    """Units dealt out to customers; -1 is a guest."""
    lines: list[tuple[int, int]] = []
    while units > 0:
        quantity = min(units, 1 + int(rng.random() < 0.2))
        who = -1
        if rng.random() >= GUESTS:
            who = int(rng.choice(len(world.truth.weight), p=world.truth.weight))
        lines.append((who, quantity))
        units -= quantity
    return lines


def _line(world: World, day: int, sku: int, place: int, who: int, units: int) -> dict[str, Any]:
    listed, paid = world.ledger.listed[sku, day], world.ledger.paid[sku, day]
    return {
        "order_id": f"SO-{day}-{sku}-{place}" if who < 0 else f"SO-{day}-{who}",
        "line_id": f"{sku}-{place}",
        "sku": world.truth.sku[sku],
        "quantity": units,
        "unit_price": _money(listed),
        "discount": _money((listed - paid) * units),
        "ordered_at": f"{_day(world, day)}T{9 + (sku + place) % 10:02d}:30:00",
        "customer_id": "" if who < 0 else customer(who),
        "country": COUNTRY,
    }


def _returns(world: World, since: int) -> list[dict[str, Any]]:
    book, rows = world.ledger, []
    for day in range(max(since - RETURN_DAYS, 0), world.day - RETURN_DAYS):
        for sku in np.flatnonzero(book.returned[:, day] > 0):
            units = int(book.returned[sku, day])
            rows.append(
                {"return_id": f"R-{day}-{sku}", "sku": world.truth.sku[sku], "quantity": units,
                 "refund": _money(units * book.paid[sku, day]),
                 "returned_at": f"{_day(world, day + RETURN_DAYS)}T15:00:00"}
            )  # fmt: skip
    return rows


def _changes(values: Any, since: int, until: int) -> Iterable[int]:
    """Days of every value that is another than the day before's; the first day is one."""
    return (day for day in range(since, until) if day == since or values[day] != values[day - 1])


def _changed(values: Any, since: int, until: int) -> Iterable[tuple[int, int]]:
    """SKU and day of every change."""
    for sku in range(values.shape[0]):
        yield from ((sku, day) for day in _changes(values[sku], since, until))


def _stock(world: World, since: int) -> list[dict[str, Any]]:
    book = world.ledger
    both = book.on_hand * 1_000_000 + book.inbound
    return [
        {"sku": world.truth.sku[sku], "on_hand": int(book.on_hand[sku, day]),
         "inbound": int(book.inbound[sku, day]), "at": f"{_day(world, day)}T23:50:00"}
        for sku, day in _changed(both, since, world.day)
        if _listed(world, sku, day)
    ]  # fmt: skip


def _listed(world: World, sku: int, day: int) -> bool:
    return bool(day >= world.truth.born[sku])


def _prices(world: World, since: int) -> list[dict[str, Any]]:
    book = world.ledger
    rows = [
        {"sku": world.truth.sku[sku], "price": _money(book.listed[sku, day]),
         "from": _day(world, day), "to": "", "kind": "list"}
        for sku in range(world.n)
        if _new(world, since, sku)
        for day in _changes(book.listed[sku], int(world.truth.born[sku]), world.day)
    ]  # fmt: skip
    for sku in range(world.n) if since == 0 else ():
        running = np.flatnonzero(book.promoted[sku, : world.day])
        for span in np.split(running, np.flatnonzero(np.diff(running) > 1) + 1):
            if len(span) and _listed(world, sku, int(span[0])):
                rows.append(
                    {"sku": world.truth.sku[sku], "price": _money(book.paid[sku, span[0]]),
                     "from": _day(world, int(span[0])), "to": _day(world, int(span[-1]) + 1),
                     "kind": "promotion"}
                )  # fmt: skip
    return rows


def _costs(world: World, since: int) -> list[dict[str, Any]]:
    return [
        {"sku": world.truth.sku[sku], "cost": _money(world.truth.cost[sku, day]),
         "from": _day(world, day)}
        for sku, day in _changed(world.truth.cost, since, world.day + 1)
        if _listed(world, sku, day)
    ]  # fmt: skip


def _purchase_orders(world: World, since: int) -> list[dict[str, Any]]:
    truth, rows = world.truth, []
    for order in world.orders:
        came = order.arrives < world.day
        if truth.born[order.sku] >= world.day:
            continue
        told = order.ordered < since and not (came and order.arrives >= since)
        if told and not _new(world, since, order.sku):
            continue
        rows.append(
            {"purchase_order_id": order.name, "sku": truth.sku[order.sku],
             "supplier": f"Supplier {truth.supplier[order.sku]}", "quantity": order.quantity,
             "unit_cost": _money(truth.cost[order.sku, order.ordered]),
             "ordered_at": f"{_day(world, order.ordered)}T08:00:00",
             "received_at": f"{_day(world, order.arrives)}T07:00:00" if came else ""}
        )  # fmt: skip
    return rows


def _rivals(world: World, since: int) -> list[dict[str, Any]]:
    return [
        {"sku": world.truth.sku[sku], "competitor": COMPETITOR,
         "price": _money(world.ledger.rival[sku, day]), "at": f"{_day(world, day)}T06:00:00"}
        for day in range(since, world.day)
        if day % RIVAL_EVERY == 0 or day == world.day - 1
        for sku in np.flatnonzero(np.isfinite(world.ledger.rival[:, day]))
        if _listed(world, int(sku), day)
    ]  # fmt: skip


def _campaigns(world: World) -> list[dict[str, Any]]:
    return [
        {"campaign_id": each.name, "name": each.name, "segment": each.segment,
         "channel": each.channel, "starts_at": f"{_day(world, each.day)}T10:00:00",
         "cost": _money(each.cost_minor),
         "hold_out": round(len(each.held) / max(len(each.held) + len(each.sent), 1), 4),
         "audience": len(each.sent)}
        for each in world.campaigns
    ]  # fmt: skip


def _events(world: World, since: int, buyers: dict[int, set[int]]) -> list[dict[str, Any]]:
    """Who was written to or held out, and who of them then ordered."""
    rows = []
    for each in world.campaigns:
        if each.day >= since and not each.on_file:
            rows += [_event(world, each, who, "sent", each.day, 10) for who in each.sent]
            rows += [_event(world, each, who, "held_out", each.day, 10) for who in each.held]
        everybody = {*each.sent.tolist(), *each.held.tolist()}
        ordered: set[int] = set()
        for day in range(each.day, min(each.day + BOUGHT_WITHIN, world.day)):
            new = (buyers.get(day, set()) & everybody) - ordered
            ordered |= new
            if day >= since:
                rows += [_event(world, each, who, "converted", day, 21) for who in sorted(new)]
    return rows


def _event(
    world: World, campaign: Campaign, who: int, event: str, day: int, hour: int
) -> dict[str, Any]:
    return {
        "campaign_id": campaign.name,
        "customer_id": customer(int(who)),
        "event": event,
        "at": f"{_day(world, day)}T{hour:02d}:00:00",
    }
