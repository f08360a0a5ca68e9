"""What candidates do to each other: the columns of the joint choice, made from the menus' rows.

Menus value each candidate as if nothing else answered. Here what a category's other products win
or lose is counted in, a price and an order for the same SKU are valued together, and a price cut
that would sell out is open only together with an order that covers it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.action import ActionKind
from ecomagent.domain.goal import Objective
from tools.behaviour import DEFAULT, Behaviour
from tools.counts import count_quantiles, total_variance
from tools.futures import Luck, common_luck, level_factor, sold_at
from tools.plan_effects import PRICED
from tools.stock_flow import Flow, sell

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

ORDER = ActionKind.REORDER.value
DRAWS = 100
BLOCK = 2048
"""Pairs valued at once."""
COVERED = 0.9
"""Chance that stock and order last as long as a lowered price does."""
COLUMNS = ("id", "group", "value", "spend_minor", "cash_minor", "category", "actions")


@dataclass(frozen=True)
class Coupled:
    """Columns to choose from; each stands for one candidate or two of the same SKU.

    Attributes:
        table: ``COLUMNS``.
        members: Column to the candidates it takes.
        uncovered: Lowered prices that would sell out and that no order on the menu covers.
    """

    table: pd.DataFrame = field(repr=False)
    members: dict[str, tuple[str, ...]] = field(repr=False)
    uncovered: tuple[str, ...]

    def candidates(self, columns: Iterable[str]) -> tuple[str, ...]:
        """What the chosen columns take."""
        return tuple(each for column in columns for each in self.members[column])

    def conflicts(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Pairs of columns that exclude each other since candidates in them do."""
        holding: dict[str, list[str]] = {}
        for column, candidates in self.members.items():
            for each in candidates:
                holding.setdefault(each, []).append(column)
        return [
            (left, right)
            for one, other in pairs
            for left in holding.get(one, ())
            for right in holding.get(other, ())
        ]


def coupled(
    rows: pd.DataFrame,
    skus: pd.DataFrame,
    *,
    objective: Objective,
    horizon_days: int,
    promotion_days: int,
    behaviour: Behaviour = DEFAULT,
    seed: int = 0,
) -> Coupled:
    """The columns of the joint choice.

    Args:
        rows: Candidates: ``id, kind, target, group, value, category, spend_minor, cash_minor``
            and what their menu holds (``price_minor, current_minor, units_p50``; ``quantity,
            arrives_in_days``). What has no figures to couple by stays as it is.
        skus: Index ``sku``: ``mean_per_day, variance_per_day, log_error_sd, price_minor,
            cost_minor, on_hand, inbound, category, elasticity`` and, where known, ``restock_days``.
        objective: What is made larger.
        horizon_days: The goal's.
        promotion_days: Days a promotion runs.
        behaviour: How much customers switch.
        seed: Seed of the futures that prices and orders are valued together in.
    """
    frame = _joined(rows, skus, promotion_days, horizon_days)
    frame["value"] = frame["value"] - _taken_from_others(frame, skus, objective, behaviour)
    pairs = _pairs(frame)
    joint = _joint_columns(frame, pairs, objective, horizon_days, seed)
    single = _single_columns(frame, set(pairs["target"]))
    short = _short(frame) if objective is not Objective.CLEAR_STOCK else np.zeros(len(frame), bool)
    open_single = single[~short]
    covered = set(joint["price"]) if len(joint) else set()
    table = pd.concat([open_single, joint], ignore_index=True)
    members: dict[str, tuple[str, ...]] = {str(each): (str(each),) for each in open_single["id"]}
    for column, price, order in zip(joint["id"], joint["price"], joint["order"], strict=True):
        members[str(column)] = (str(price), str(order))
    uncovered = sorted(set(frame["id"][short]) - covered)
    return Coupled(table[list(COLUMNS)], members, tuple(uncovered))


def sells_out(
    rows: pd.DataFrame, skus: pd.DataFrame, *, horizon_days: int, promotion_days: int
) -> Mask:
    """Which candidates lower a price on stock that may not last: open only with an order.

    Args:
        rows: As in ``coupled``.
        skus: As in ``coupled``.
        horizon_days: The goal's.
        promotion_days: Days a promotion runs.
    """
    return _short(_joined(rows, skus, promotion_days, horizon_days))


def _joined(
    rows: pd.DataFrame, skus: pd.DataFrame, promotion_days: int, horizon_days: int
) -> pd.DataFrame:
    """Candidates beside their SKU's figures; ``factor`` is what the price does to demand."""
    wanted = ["mean_per_day", "variance_per_day", "log_error_sd", "now_minor", "cost_minor",
              "on_hand", "inbound", "elasticity"]  # fmt: skip
    if "restock_days" in skus:
        wanted.append("restock_days")
    known = skus.rename(columns={"price_minor": "now_minor"})[wanted].astype("float64")
    given = rows.reset_index(drop=True).drop(columns=[c for c in wanted if c in rows])
    frame = given.join(known[~known.index.duplicated()], on="target")
    for name in ("price_minor", "units_p50", "quantity", "arrives_in_days"):
        if name not in frame:
            frame[name] = np.nan
    frame["priced"] = frame["kind"].isin(PRICED)
    promoted = frame["kind"] == ActionKind.START_PROMOTION.value
    tried = frame["kind"] == ActionKind.START_EXPERIMENT.value
    lasting = np.where(promoted, promotion_days, horizon_days)
    if "days" in frame:
        lasting = np.where(tried, frame["days"].fillna(horizon_days), lasting)
    frame["days"] = np.minimum(lasting, horizon_days)
    ratio = (frame["price_minor"] / frame["now_minor"]).where(frame["priced"], 1.0)
    able = (ratio > 0) & np.isfinite(ratio)
    frame["factor"] = (ratio.where(able, 1.0) ** frame["elasticity"]).fillna(1.0)
    return frame


def unit_worth(price: Floats, cost: Floats, objective: Objective) -> Floats:
    """What one unit sold counts for a goal; where the cost is unknown, nothing."""
    if objective is Objective.GROSS_PROFIT:
        return np.nan_to_num(price - cost)
    if objective in (Objective.UNITS, Objective.CLEAR_STOCK):
        return np.ones_like(price)
    return np.nan_to_num(price)


def _taken_from_others(
    frame: pd.DataFrame, skus: pd.DataFrame, objective: Objective, behaviour: Behaviour
) -> Floats:
    """What the category's other products lose by each order, to first order.

    Units that an order saves would have gone to others by the substitution share. What a price
    sends to others is in its own value (``tools.category_cross``).
    """
    known = skus[skus["category"].fillna("").astype(str) != ""]
    units = known["mean_per_day"].astype("float64").fillna(0.0)
    each = unit_worth(
        known["price_minor"].to_numpy(np.float64), known["cost_minor"].to_numpy(np.float64),
        objective,
    )  # fmt: skip
    earned = units * each
    names = known["category"].astype(str)
    sums = pd.DataFrame({"units": units, "earned": earned}).groupby(names).transform("sum")
    others = (sums["earned"] - earned) / (sums["units"] - units).where(sums["units"] > units)
    worth = frame["target"].map(others[~others.index.duplicated()]).fillna(0.0)
    share = np.where(frame["kind"] == ORDER, behaviour.substitution.mean, 0.0)
    moved = frame["units_p50"].astype("float64").fillna(0.0)
    found: Floats = share * moved.to_numpy(np.float64) * worth.to_numpy(np.float64)
    return found


def _pairs(frame: pd.DataFrame) -> pd.DataFrame:
    """Every price of a SKU beside every order of it, by row number."""
    able = frame["mean_per_day"].notna() & (frame["mean_per_day"] > 0)
    place = pd.DataFrame({"target": frame["target"], "row": np.arange(len(frame))})
    prices = place[frame["priced"] & able]
    orders = place[(frame["kind"] == ORDER) & able]
    return prices.merge(orders, on="target", suffixes=("_price", "_order"))


def _joint_columns(
    frame: pd.DataFrame, pairs: pd.DataFrame, objective: Objective, horizon_days: int, seed: int
) -> pd.DataFrame:
    one = frame.iloc[pairs["row_price"]].reset_index(drop=True)
    other = frame.iloc[pairs["row_order"]].reset_index(drop=True)
    together = _interplay(one, other, objective, horizon_days, seed)
    made = pd.DataFrame(
        {
            "id": one["id"].astype(str) + "+" + other["id"].astype(str),
            "group": "sku:" + one["target"].astype(str),
            "value": one["value"] + other["value"] + together,
            "spend_minor": one["spend_minor"] + other["spend_minor"],
            "cash_minor": one["cash_minor"] + other["cash_minor"],
            "category": one["category"],
            "actions": 2,
            "price": one["id"].astype(str),
            "order": other["id"].astype(str),
        }
    )
    stock = one["on_hand"].clip(lower=0) + one["inbound"].fillna(0) + other["quantity"]
    enough = ~(_cut(one) & (_asked_at_most(one) > stock))
    return made[enough.to_numpy() | (objective is Objective.CLEAR_STOCK)].reset_index(drop=True)


def _interplay(
    price: pd.DataFrame, order: pd.DataFrame, objective: Objective, horizon_days: int, seed: int
) -> Floats:
    """What price and order bring together beyond what each brings alone, in the same futures."""
    luck = common_luck(DRAWS, seed)
    found = np.zeros(len(price))
    for start in range(0, len(price), BLOCK):
        rows = slice(start, start + BLOCK)
        found[rows] = _together(price.iloc[rows], order.iloc[rows], objective, horizon_days, luck)
    return found


def _together(
    price: pd.DataFrame, order: pd.DataFrame, objective: Objective, horizon_days: int, luck: Luck
) -> Floats:
    given = {name: price[name].to_numpy(np.float64)[:, None] for name in
             ("mean_per_day", "variance_per_day", "log_error_sd", "now_minor", "cost_minor",
              "price_minor", "factor", "days", "on_hand", "inbound")}  # fmt: skip
    share = given["days"] / horizon_days
    whole = share * given["factor"] + 1 - share
    paid = (share * given["factor"] * given["price_minor"] + (1 - share) * given["now_minor"]) / (
        whole
    )
    usual = given["mean_per_day"] * horizon_days
    usual = usual * level_factor(np.nan_to_num(given["log_error_sd"]), luck.level[None, :])
    scatter = np.maximum(given["variance_per_day"] / given["mean_per_day"], 0.1)
    quantity = np.nan_to_num(order["quantity"].to_numpy(np.float64))[:, None]
    arrives = np.nan_to_num(order["arrives_in_days"].to_numpy(np.float64))[:, None]

    def sold(factor: Floats, units: Floats) -> Floats:
        flow = Flow(given["on_hand"], np.nan_to_num(given["inbound"]),
                    np.full_like(arrives, np.nan), units, arrives)  # fmt: skip
        asked = sold_at(usual * factor, scatter, luck.sales[None, :])
        units_sold: Floats = sell(asked, flow, horizon_days).units.mean(axis=1)
        return units_sold

    at_new = unit_worth(paid[:, 0], given["cost_minor"][:, 0], objective)
    at_old = unit_worth(given["now_minor"][:, 0], given["cost_minor"][:, 0], objective)
    nothing, same = np.zeros_like(quantity), np.ones_like(whole)
    with_price = at_new * (sold(whole, quantity) - sold(whole, nothing))
    alone = at_old * (sold(same, quantity) - sold(same, nothing))
    # A price's own value already counts on goods that can be had again.
    counted = _again(price) < price["days"].to_numpy(np.float64)
    return np.where(counted, 0.0, np.nan_to_num(with_price - alone))


def _single_columns(frame: pd.DataFrame, paired: set[str]) -> pd.DataFrame:
    """One column a candidate; prices and orders of a SKU that has both share a group."""
    made = frame[["id", "group", "value", "spend_minor", "cash_minor", "category"]].copy()
    made["id"] = made["id"].astype(str)
    together = frame["target"].isin(paired) & (frame["priced"] | (frame["kind"] == ORDER))
    made["group"] = made["group"].where(~together, "sku:" + frame["target"].astype(str))
    return made.assign(actions=1)


def _cut(frame: pd.DataFrame) -> pd.Series:
    return frame["priced"] & (frame["price_minor"] < frame["now_minor"])


def _asked_at_most(frame: pd.DataFrame) -> pd.Series:
    """P90 of what is asked for while the price holds, or until more can be had."""
    holds = np.fmin(frame["days"].to_numpy(np.float64), _again(frame))
    days = holds * frame["factor"].to_numpy(np.float64)
    mean = np.nan_to_num(frame["mean_per_day"].to_numpy(np.float64)) * days
    scatter = np.nan_to_num(frame["variance_per_day"].to_numpy(np.float64)) * days
    error = np.nan_to_num(frame["log_error_sd"].to_numpy(np.float64))
    (found,) = count_quantiles(mean, total_variance(mean, scatter, error), (COVERED,))
    return pd.Series(np.where(mean > 0, found, 0.0), index=frame.index)


def _again(frame: pd.DataFrame) -> Floats:
    """Days until the supplier delivers again; NaN where nothing says so."""
    if "restock_days" not in frame:
        return np.full(len(frame), np.nan)
    return frame["restock_days"].to_numpy(np.float64)


def _short(frame: pd.DataFrame) -> Mask:
    """Lowered prices whose stock may not last as long as they do; unknown stock is taken to."""
    stock = frame["on_hand"].clip(lower=0) + frame["inbound"].fillna(0)
    found: Mask = np.zeros(len(frame), dtype=bool)
    cut = _cut(frame).to_numpy()
    if cut.any():
        part = frame[cut]
        found[cut] = (_asked_at_most(part) > stock[cut]).to_numpy()
    return found
