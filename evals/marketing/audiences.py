"""Audiences in shops whose truth is known: what the menu's lists earn, and how long they take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import DataRef
from ecomagent.domain.goal import Objective
from evals.findings import Cell, Findings, Promise, Table
from tools.customer_features import CustomerHistory
from tools.lifetime_value import lifetime_values
from tools.marketing import CampaignMenu, campaign_menu, segment_customers

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TODAY = date(2026, 3, 1)
SOURCE = DataRef(source="customers", as_of=datetime(2026, 3, 1, tzinfo=UTC))
MARGIN, ORDER, CONTACT = 0.5, 3000, 30
"""Gross margin, mean order and cost of a contact (minor units): two extra orders in a hundred
contacts pay for them."""
CUSTOMERS, LARGE = 10_000, 100_000
LIMIT_S = 10.0
HISTORY_DAYS = 720
RULES = ("ours", "write to all", "old rule: segments by affinity", "best fifth by frequency",
         "write to nobody")  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """Customers, their orders, and how much a message moves each."""

    customers: pd.DataFrame
    orders: pd.DataFrame
    events: pd.DataFrame
    campaigns: pd.DataFrame
    effect: Floats


def audiences(*, quick: bool, seed: int) -> Findings:
    """Profit of each rule as a share of what knowing everybody's effect would earn."""
    seeds = range(seed, seed + (2 if quick else 6))
    rows: list[tuple[Cell, ...]] = []
    kept = []
    for regime in REGIMES:
        earned = [_earned(make_shop(regime, CUSTOMERS, each)) for each in seeds]
        means = [float(np.mean([one[rule] for one in earned])) for rule in RULES]
        best = float(np.mean([one["oracle"] for one in earned]))
        rows.append((regime, *(figure / 100 for figure in means), best / 100))
        kept.append(means[0] >= max(means[1:]) - 0.02 * max(best, 1.0))
    seconds = _seconds(seed)
    return Findings(
        tables=(
            Table(title=f"Profit of one mailing in made-up shops of {CUSTOMERS:,} customers,"
                  f" {len(seeds)} seeds", columns=("whom a message moves", *RULES, "oracle"),
                  rows=tuple(rows), digits=0,
                  note="Learnt from four past mailings with 20 % left alone; valued by the true"
                  " effects, the cost of contacts taken off."),
            Table(title=f"Processor seconds (one core) for {LARGE:,} customers",
                  columns=("step", "seconds"),
                  rows=tuple(seconds.items()), digits=1),
        ),
        promises=(
            Promise(name="audiences", wanted="no rule without the truth earns more, by regime",
                    measured=f"{sum(kept)} of {len(kept)} regimes", met=all(kept)),
            Promise(name=f"{LARGE:,} customers", wanted=f"≤ {LIMIT_S:g} s of one core in all",
                    measured=f"{sum(seconds.values()):.1f} s",
                    met=sum(seconds.values()) <= LIMIT_S),
        ),
    )  # fmt: skip


REGIMES: dict[str, Callable[[Floats, Floats], npt.NDArray[np.floating]]] = {
    "frequent buyers": lambda rate, recency: 0.10 * (rate > np.quantile(rate, 0.7)),
    "who has not bought for long": lambda rate, recency: 0.08 * (recency > 200),
    "everybody a little": lambda rate, recency: np.full(len(rate), 0.035),
    "nobody": lambda rate, recency: np.zeros(len(rate)),
    "some are put off": lambda rate, recency: np.where(recency < 60, -0.03, 0.05),
}
"""True effect of a message by a customer's rate of orders and days since the last one."""


def make_shop(regime: str, count: int, seed: int) -> Shop:
    """Draw a shop; past campaigns move customers by what they were like at that time."""
    rng = np.random.default_rng([seed, count])
    names = np.array([f"C{number:06d}" for number in range(count)], dtype=object)
    rate = rng.gamma(1.2, 1 / 110, count)
    times = rng.poisson(rate * HISTORY_DAYS) + 1
    who: Ints = np.repeat(np.arange(count, dtype=np.int64), times)
    day: Ints = rng.integers(0, HISTORY_DAYS, len(who), dtype=np.int64)
    events, campaigns = [], []
    for run in range(4):
        sent_on = HISTORY_DAYS - 60 - 90 * run
        sent = rng.random(count) < 0.8
        effect = REGIMES[regime](rate, _recency(who, day, count, sent_on))
        extra = np.flatnonzero(sent & (rng.random(count) < effect))
        put_off = sent & (rng.random(count) < -effect)
        late = (day >= sent_on) & (day <= sent_on + 14) & put_off[who]
        who = np.r_[who[~late], extra]
        day = np.r_[day[~late], np.full(len(extra), sent_on + 3)]
        kind = np.where(sent, "sent", "held_out")
        events.append(pd.DataFrame({"campaign_id": f"c{run}", "segment": "all", "kind": kind,
                                    "channel": "email", "customer_id": names,
                                    "date": _date(sent_on)[()]}))  # fmt: skip
        came = np.bincount(who[(day >= sent_on) & (day <= sent_on + 14)], minlength=count) > 0
        campaigns.append((f"c{run}", "all", "email", int(sent.sum()) * CONTACT, int(sent.sum()),
                          int((~sent).sum()), int(came[sent].sum()),
                          int(came[~sent].sum())))  # fmt: skip
    orders = pd.DataFrame({"customer_id": names[who], "date": _date(day),
                           "revenue_minor": rng.gamma(6, ORDER / 6, len(who)).round()})  # fmt: skip
    columns = ["campaign_id", "segment", "channel", "cost_minor", "sent", "held_out", "converted",
               "held_out_converted"]  # fmt: skip
    truth = REGIMES[regime](rate, _recency(who, day, count, HISTORY_DAYS))
    return Shop(
        _customers(orders), orders, pd.concat(events), pd.DataFrame(campaigns, columns=columns),
        np.asarray(truth, dtype=np.float64),
    )  # fmt: skip


def _recency(who: Ints, day: Ints, count: int, on: int) -> Floats:
    last = np.full(count, -HISTORY_DAYS, dtype=np.int64)
    past = day < on
    np.maximum.at(last, who[past], day[past])
    return np.asarray(on - last, dtype=np.float64)


def _date(day: Ints | int) -> npt.NDArray[np.datetime64]:
    start = np.datetime64(TODAY, "D") - np.timedelta64(HISTORY_DAYS, "D")
    return (start + np.asarray(day).astype("timedelta64[D]")).astype("datetime64[ns]")


def _customers(orders: pd.DataFrame) -> pd.DataFrame:
    made = orders.groupby("customer_id").agg(
        first_order=("date", "min"), last_order=("date", "max"), orders=("date", "size"),
        order_days=("date", "nunique"), revenue_minor=("revenue_minor", "sum"),
    ).reset_index()  # fmt: skip
    agreed = pd.array([True] * len(made), dtype="boolean")
    return made.assign(units=made["orders"], consent_marketing=agreed)


def _menu(shop: Shop, *, learnt: bool) -> CampaignMenu:
    segments = segment_customers(shop.customers, today=TODAY, source=SOURCE)
    history = CustomerHistory.of(shop.orders, shop.events, shop.customers["customer_id"])
    return campaign_menu(
        segments, shop.customers, shop.campaigns, objective=Objective.GROSS_PROFIT,
        horizon_days=28, gross_margin=MARGIN, currency="GBP", source=SOURCE,
        history=history if learnt else None,
    )  # fmt: skip


def _earned(shop: Shop) -> dict[str, float]:
    """Profit of a mailing under the truth, hold-out not taken off."""
    names = [f"C{number:06d}" for number in range(len(shop.effect))]
    profit = pd.Series(shop.effect * ORDER * MARGIN - CONTACT, index=names)
    known = profit.reindex(shop.customers["customer_id"])
    often = shop.customers.set_index("customer_id")["orders"].nlargest(len(known) // 5).index
    return {
        "ours": _profit(_menu(shop, learnt=True), known),
        "write to all": float(known.sum()),
        "old rule: segments by affinity": _profit(_menu(shop, learnt=False), known),
        "best fifth by frequency": float(known[often].sum()),
        "write to nobody": 0.0,
        "oracle": float(known.clip(lower=0).sum()),
    }


def _profit(menu: CampaignMenu, known: pd.Series) -> float:
    """The most valuable campaign of every segment, where it is worth something."""
    worth = menu.table[menu.table["value"] > 0].sort_values("value")
    chosen = worth.groupby("segment").tail(1)["key"]
    return float(sum(known[list(menu.audience_ids(key))].sum() for key in chosen))


def _seconds(seed: int) -> dict[str, float]:
    shop = make_shop("frequent buyers", LARGE, seed)
    started = time.process_time()
    lifetime_values(shop.customers, today=TODAY, source=SOURCE, gross_margin=MARGIN)
    valued = time.process_time()
    _menu(shop, learnt=True)
    return {"lifetime values": valued - started,
            "segments, uplift and menu": time.process_time() - valued}  # fmt: skip
