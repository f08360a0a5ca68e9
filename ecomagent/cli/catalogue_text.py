"""How products, their neighbours and their figures look in a terminal of 80 columns.

Text from outside (titles, tags) goes into ``Text`` objects, never into markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ecomagent.domain.money import Money

if TYPE_CHECKING:
    from ecomagent.store.catalogue import SkuCard
    from knowledge_graph.cards import (
        GraphSummary,
        Neighbours,
        NodeCard,
        RelatedSku,
        SearchResult,
    )
    from knowledge_graph.listing import CatalogueList

SHOWN = 8
"""Entries of a history or a relation on the screen; --json has more."""
UNKNOWN = "—"
TITLE = 34


def hits_table(found: SearchResult) -> Table:
    """What a search found."""
    table = _plain_table("", "SKU", "title", "why")
    for hit in found.hits:
        table.add_row(
            Text(f"{hit.score:.2f}", style="dim"), Text(hit.sku, style="cyan"), _cut(hit.title),
            Text(hit.why, style="dim"),
        )  # fmt: skip
    return table


def path_text(path: Sequence[str]) -> Text:
    """A path, nodes bright and relations dim."""
    if not path:
        return Text("no way between them")
    line = Text()
    for place, step in enumerate(path):
        node = place % 2 == 0
        line.append(
            step if node else f" {step.replace('_', ' ')} ", style="cyan" if node else "dim"
        )
        if not node:
            line.append("→ ", style="dim")
    return line


def node_screen(card: NodeCard) -> Iterator[RenderableType]:
    """A node, how one gets there, and what is next to it."""
    name = f"  {card.title}" if card.kind in ("sku", "product") else ""
    yield Text.assemble((card.node, "bold cyan"), name)
    if card.path:
        yield path_text(card.path)
    for neighbours in card.relations:
        yield _neighbours(neighbours)
    yield from _related("Bought together with it", card.bought_together, "lift")
    yield from _related("Can replace it", card.substitutes, "alike")


def _neighbours(found: Neighbours) -> Text:
    line = Text.assemble((f"  {found.relation}: ", "dim"))
    for place, each in enumerate(islice(found.nodes, SHOWN)):
        key = each.node.partition(":")[2] or each.node
        line.append(", " if place else "")
        line.append(key, style="cyan")
        if each.title and each.title != key:
            line.append(f" {_cut(each.title, 24).plain}")
        if each.weight is not None:
            line.append(f" (×{each.weight:.1f})", style="dim")
    if found.count > SHOWN:
        line.append(f" and {found.count - SHOWN:,} more", style="dim")
    return line


def _related(title: str, skus: Sequence[RelatedSku], unit: str) -> Iterator[RenderableType]:
    if not skus:
        return
    yield Text(title, style="bold")
    table = _plain_table("SKU", "title", unit, "orders" if unit == "lift" else "shared")
    for each in skus:
        table.add_row(
            Text(each.sku, style="cyan"), _cut(each.title, 44), f"{each.weight:.2f}",
            f"{each.support:,}",
        )  # fmt: skip
    yield table


def summary_table(summary: GraphSummary) -> Table:
    """What a graph holds."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    table.add_row("As of", f"{summary.as_of:%Y-%m-%d %H:%M} UTC")
    table.add_row("Facts", summary.facts_hash[:16])
    table.add_row("Product texts", f"{summary.texts:,} in the search index")
    nodes = ", ".join(f"{count:,} {kind}" for kind, count in summary.nodes.items())
    table.add_row("Nodes", nodes)
    relations = ", ".join(
        f"{count:,} {name.replace('_', ' ')}" for name, count in summary.relations.items()
    )
    table.add_row("Relations", relations)
    return table


def list_screen(found: CatalogueList) -> Iterator[RenderableType]:
    """A list of SKUs, and what the words were taken for."""
    for taken in found.taken_for:
        named = [target for target in taken.targets if not target.startswith("term:")]
        what = ", ".join(named[:4]) or f"{taken.kind} “{taken.term}”"
        yield Text(f"“{taken.term}” is taken for {what}: {taken.skus:,} SKUs", style="dim")
    table = _plain_table("SKU", "title", "price", "cost", "margin", "stock", right=4)
    for row in found.skus:
        table.add_row(
            Text(row.sku, style="cyan"), _cut(row.title),
            _money(row.price, found.currency) + ("*" if row.promotion else ""),
            _money(row.cost, found.currency),
            UNKNOWN if row.margin is None else f"{row.margin * 100:.1f} %",
            UNKNOWN if row.on_hand is None else f"{row.on_hand:,}",
        )  # fmt: skip
    yield table
    promoted = "; * in a promotion" if any(row.promotion for row in found.skus) else ""
    yield Text(f"{len(found.skus):,} of {found.total:,} SKUs{promoted}", style="dim")


def card_screen(card: SkuCard) -> Iterator[RenderableType]:
    """One SKU: what it is, what it costs and earns, what is left, and how that came about."""
    yield Text.assemble((card.sku, "bold cyan"), f"  {card.title}  ", (card.status, "dim"))
    place = " · ".join(part for part in (card.category, card.brand, *card.tags) if part)
    if place:
        yield Text(place, style="dim")
    if card.attributes:
        said = " · ".join(f"{name} {value}" for name, value in card.attributes.items())
        yield Text(said, style="dim")
    yield _figures(card)
    yield from _histories(card)


def _figures(card: SkuCard) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    price = _money(card.price, card.currency)
    if card.promotion is not None:
        until = f" until {card.promotion.ends_at:%Y-%m-%d}" if card.promotion.ends_at else ""
        price += f" in {card.promotion.id}{until}, list {_money(card.list_price, card.currency)}"
    table.add_row("price", Text(price))
    margin = "" if card.margin is None else f", margin {card.margin * 100:.1f} %"
    table.add_row("cost", _money(card.cost, card.currency) + margin)
    if card.map_price is not None:
        table.add_row("lowest advertised", _money(card.map_price, card.currency))
    stock = UNKNOWN if card.on_hand is None else f"{card.on_hand:,}"
    inbound = f", {card.inbound:,} on their way" if card.inbound else ""
    counted = f", counted {_day(card.stock_at)}" if card.stock_at else ""
    table.add_row("stock", stock + inbound + counted)
    table.add_row("sold", f"{card.units_90:,} in 90 days, last {_day(card.last_sold) or 'never'}")
    if card.supplier:
        days = f", {card.lead_time_days:g} days" if card.lead_time_days else ""
        table.add_row("supplier", Text(card.supplier + days))
    return table


def _histories(card: SkuCard) -> Iterator[RenderableType]:
    for title, lines in (
        ("Prices", [
            f"{_day(p.since)}  {_money(p.price, card.currency):>10}  {p.kind}"
            f"{f' until {_day(p.until)}' if p.until else ''}{_source(p.source)}"
            for p in card.prices
        ]),
        ("Costs", [f"{_day(c.since)}  {_money(c.cost, card.currency):>10}" for c in card.costs]),
        ("Stock", [
            f"{_day(s.at)}  {s.on_hand:>10,}{f' + {s.inbound:,} inbound' if s.inbound else ''}"
            for s in card.stock
        ]),
        ("Competitors", [
            f"{_day(r.at)}  {_money(r.price, card.currency):>10}  {r.competitor}"
            for r in card.rivals
        ]),
    ):  # fmt: skip
        if lines:
            yield Text(title, style="bold")
            for line in lines[:SHOWN]:
                yield Text(f"  {line}")
        if len(lines) > SHOWN:
            yield Text(f"  … and {len(lines) - SHOWN} more (--json)", style="dim")


def _source(source: str) -> str:
    return " (read off orders)" if source == "observed" else ""


def _plain_table(*titles: str, right: int = 2) -> Table:
    """A table without lines; the last columns hold figures, titles give way first."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for place, title in enumerate(titles):
        figures = title not in ("", "SKU", "title", "why") and place >= len(titles) - right
        table.add_column(
            title, justify="right" if figures else "left", no_wrap=title != "why",
            overflow="ellipsis" if title == "title" else "fold",
        )  # fmt: skip
    return table


def _cut(text: str, width: int = TITLE) -> Text:
    """Text on one line, cut by what it takes up: a Chinese character is two columns wide."""
    line = Text(" ".join(text.split()))
    line.truncate(width, overflow="ellipsis")
    return line


def _money(amount: Decimal | None, currency: str) -> str:
    return UNKNOWN if amount is None else Money.of(amount, currency).display("en")


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""
