"""List prices drawn by chance within a shop's limits, and the evidence behind each draw."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.evidence import Evidence
from tools.figures import rows_of, significant
from tools.futures import Luck, common_luck
from tools.learning_prices import DRAWS, KEPT, RATIOS, Belief, Draw, Offer, draw_prices
from tools.price_effects import BLOCK, Terms, assess, row_of, terms_of, values_of
from tools.price_futures import changes_of, given_of
from tools.price_ladder import snap
from tools.price_menu import BOUNDS, COLUMNS, PriceMenu

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
TOOL = "tools.price_draws.price_draws"


class Challenger(Protocol):
    """Another policy over the same options."""

    @property
    def name(self) -> str:
        """Tells it from one trained at another time."""
        ...

    def chances(self, belief: Belief, offer: Offer) -> Floats:
        """Chance of each option of each SKU, in the order of ``RATIOS``."""
        ...


@dataclass(frozen=True)
class PriceDraws:
    """One drawn price a SKU.

    Attributes:
        table: Index ``sku``: ``price_minor``, ``current_minor``, ``chance``, ``best_minor`` (what
            would be asked without learning), ``regret_minor`` (what the drawn price is expected
            to earn less over the horizon), ``left_minor`` (budget) and ``value`` (what the draw
            is worth whichever price it falls on, at least one minor unit).
        capped: SKUs whose budget of regret leaves nothing to try.
        menu: The drawn prices that change something, with their effects.
        known: SKU to what its draw is recomputed from, beside the menu's params.
        found: SKU to the draw.
    """

    table: pd.DataFrame = field(repr=False)
    capped: tuple[str, ...]
    menu: PriceMenu = field(repr=False)
    known: dict[str, dict[str, Any]] = field(repr=False)
    found: dict[str, dict[str, Any]] = field(repr=False)

    def evidence(self, sku: str) -> Evidence:
        """One draw: its prices, the chance of each and what they are expected to earn.

        ``draw_of`` recomputes it from its params. Lists are in the order of ``RATIOS``, None
        where a price was not allowed.

        Raises:
            KeyError: No price was drawn for the SKU.
        """
        return Evidence.of(
            TOOL,
            params={**self.menu.params(sku), **self.known[sku]},
            data=tuple(rows_of(ref, sku=sku) for ref in self.menu.data),
            result=self.found[sku],
            assumptions=self.menu.assumptions(sku),
        )

    def all_evidence(self) -> tuple[Evidence, ...]:
        """Every draw, also those that fell on the present price."""
        return tuple(self.evidence(str(sku)) for sku in self.table.index)


def price_options(menu: PriceMenu, skus: Collection[str]) -> pd.DataFrame:
    """Prices that may be tried: about ``RATIOS`` times the present one, ending as wished.

    None lies outside the limits that bounded the menu; the present price is always one.

    Args:
        menu: List prices worth changing to; its ``given`` and limits are used.
        skus: Which SKUs.

    Returns:
        ``sku``, ``place`` (in ``RATIOS``), ``price_minor``, ``current_minor``; sorted.
    """
    given = menu.given[menu.given.index.isin(set(skus))]
    now = given["current_minor"].to_numpy(dtype=np.float64)
    low, high = (given[name].to_numpy(dtype=np.float64).astype(np.int64) for name in BOUNDS)
    parts = []
    for place, ratio in enumerate(RATIOS):
        wanted = np.clip(np.rint(now * ratio).astype(np.int64), low, np.maximum(low, high))
        price = snap(wanted, low, high, menu.limits.endings)
        if place == KEPT:
            price = now.astype(np.int64)
        able = (np.sign(price - now) == np.sign(place - KEPT)) & (price > 0)
        able &= (place == KEPT) | (low <= high)
        row = {"sku": given.index, "place": place, "price_minor": price, "current_minor": now}
        parts.append(pd.DataFrame(row)[able])
    made = pd.concat(parts, ignore_index=True)
    nearest = made.assign(step=(made["place"] - KEPT).abs()).sort_values(["sku", "step"])
    kept: pd.DataFrame = nearest.drop_duplicates(["sku", "price_minor"]).drop(columns="step")
    return kept.sort_values(["sku", "place"], ignore_index=True)


def price_draws(
    menu: PriceMenu,
    options: pd.DataFrame,
    *,
    left_minor: pd.Series,
    most: int,
    seed: int,
    challenger: Challenger | None = None,
    live: bool = False,
) -> PriceDraws:
    """Draw a list price for each SKU: Thompson sampling on the demand model's futures.

    A SKU is drawn for where its budget leaves at least two prices. What a draw is worth for the
    joint choice is the mean over its chances, so that whether it is carried out does not depend
    on the price it fell on.

    Args:
        menu: List prices worth changing to, for gross profit.
        options: From ``price_options``; rows may have been left out.
        left_minor: Index ``sku``: expected gross profit that may still be given up.
        most: Draws at most; the most valuable are kept.
        seed: Seed.
        challenger: Another policy, whose chances are noted beside.
        live: Whether the challenger's chances are drawn by.
    """
    names = np.array(sorted(set(options["sku"])), dtype=str)
    given = menu.given.loc[names]
    prices = _grid(options, names)
    shadow = None
    if challenger is not None:
        shadow = challenger.chances(_belief(given), _offer(given, prices, menu.terms.days))
    left = significant(left_minor.reindex(names).fillna(0.0))
    live = live and shadow is not None
    drawn = _drawn(given, prices, menu.terms, left, seed, shadow, live=live)
    table = drawn.table.assign(left_minor=left)
    tries = (drawn.draw.propensity > 0).sum(axis=1) > 1
    kept = table[tries].sort_values("value", ascending=False, kind="stable").head(most).sort_index()
    rows = {sku: int(np.searchsorted(names, sku)) for sku in kept.index.astype(str)}
    known = {
        sku: {
            "draws": DRAWS, "seed": seed, "left_minor": float(left[row]), "live": live,
            "prices_minor": _listed(prices[row]),
            "challenger_name": "" if challenger is None else challenger.name,
            "challenger": None if shadow is None else _listed(significant(shadow[row])),
        }
        for sku, row in rows.items()
    }  # fmt: skip
    found = {sku: drawn.result(row) for sku, row in rows.items()}
    able = np.isfinite(prices).sum(axis=1) > 1
    return PriceDraws(kept, tuple(names[able & ~tries]), _changes(menu, kept), known, found)


def draw_of(params: Mapping[str, Any]) -> dict[str, Any]:
    """The result of one draw from the ``params`` of its evidence."""
    given = row_of(params).set_axis(pd.Index([str(params["sku"])], name="sku"))
    asked = params["challenger"]
    other = None if asked is None else _numbers(asked)
    left = np.array([float(params["left_minor"])])
    prices, seed = _numbers(params["prices_minor"]), int(params["seed"])
    terms, live = terms_of(params), bool(params["live"])
    return _drawn(given, prices, terms, left, seed, other, live=live).result(0)


@dataclass(frozen=True)
class _Drawn:
    """Draws with what their prices are worth by the menu's measure; shape (n, options)."""

    draw: Draw
    prices: Floats
    values: Floats
    per_day: Floats
    best: Ints
    skus: pd.Index

    @property
    def table(self) -> pd.DataFrame:
        draw, rows = self.draw, np.arange(len(self.skus))
        worth = (draw.propensity * np.nan_to_num(self.values)).sum(axis=1)
        columns = {
            "price_minor": self.prices[rows, draw.chosen],
            "current_minor": self.prices[:, KEPT],
            "chance": draw.propensity[rows, draw.chosen],
            "best_minor": self.prices[rows, self.best],
            "regret_minor": draw.regret,
            "value": np.maximum(worth, 1.0),
        }
        return pd.DataFrame({n: significant(each) for n, each in columns.items()}, self.skus)

    def result(self, row: int) -> dict[str, Any]:
        def chances(given: Floats | None) -> list[float | None] | None:
            able = np.isfinite(self.prices[row])
            return None if given is None else _listed(
                significant(np.where(able, given[row], np.nan)))  # fmt: skip

        draw, chosen = self.draw, int(self.draw.chosen[row])
        return {
            "price_minor": int(self.prices[row, chosen]),
            "chance": float(significant(draw.propensity[row, chosen])),
            "regret_minor": float(significant(draw.regret[row])),
            "chosen": chosen,
            "best": int(self.best[row]),
            "chances": chances(draw.propensity),
            "thompson": chances(draw.thompson),
            "challenger": chances(draw.other),
            "expected_minor_per_day": _listed(significant(self.per_day[row])),
        }


def _drawn(
    given: pd.DataFrame, prices: Floats, terms: Terms, left: Floats, seed: int,
    other: Floats | None, *, live: bool,
) -> _Drawn:  # fmt: skip
    names = given.index.to_numpy(dtype=str)
    row, place = np.nonzero(np.isfinite(prices))
    rows = given.iloc[row].assign(sku=names[row], price_minor=prices[row, place])
    profits, values = np.full((*prices.shape, DRAWS), np.nan), np.full(prices.shape, np.nan)
    if len(rows):
        luck = common_luck(DRAWS, seed)
        profits[row, place] = np.concatenate(
            [_profits(rows.iloc[at : at + BLOCK], terms, luck) for at in range(0, len(rows), BLOCK)]
        )
        values[row, place] = values_of(rows.reset_index(drop=True), terms, luck)
        values[:, KEPT] = 0.0
    best: Ints = np.argmax(np.where(np.isfinite(values), values, -np.inf), axis=1)
    draw = draw_prices(
        profits, skus=names, regret_budget=left, seed=seed, best=best, other=other, by_other=live
    )
    now = (given["current_minor"] - given["cost_minor"]) * given["mean_per_day"]
    per_day = now.to_numpy(dtype=np.float64)[:, None] + draw.expected / terms.horizon_days
    return _Drawn(draw, prices, values, per_day, best, given.index)


def _profits(rows: pd.DataFrame, terms: Terms, luck: Luck) -> Floats:
    """Change of gross profit against keeping the price; shape (rows, futures)."""
    asked = rows["price_minor"].to_numpy(dtype=np.float64)[:, None]
    changes = changes_of(given_of(rows), asked, terms.share, terms.horizon_days, luck)
    return changes["gross_profit_minor"]


def _changes(menu: PriceMenu, drawn: pd.DataFrame) -> PriceMenu:
    """The menu of drawn prices that differ from the present one."""
    moved = drawn[drawn["price_minor"] != drawn["current_minor"]]
    rows = menu.given.loc[moved.index].assign(price_minor=moved["price_minor"], discount=np.nan)
    rows = rows.assign(sku=rows.index).reset_index(drop=True)
    effects = assess(rows, menu.terms, common_luck(menu.draws, menu.seed))
    whole = {"price_minor": "int64", "current_minor": "int64"}
    table = pd.concat([rows.drop(columns=effects.columns, errors="ignore"), effects], axis=1)
    return replace(menu, table=table[list(COLUMNS)].astype(whole))


def _grid(options: pd.DataFrame, names: npt.NDArray[np.str_]) -> Floats:
    made = np.full((len(names), len(RATIOS)), np.nan)
    rows = np.searchsorted(names, options["sku"].to_numpy(dtype=str))
    made[rows, options["place"].to_numpy(dtype=np.int64)] = options["price_minor"]
    return made


def _belief(given: pd.DataFrame) -> Belief:
    mean = given["mean_per_day"].to_numpy(dtype=np.float64)
    return Belief.of(
        mean_per_day=mean,
        log_error_sd=given["log_error_sd"].to_numpy(dtype=np.float64),
        elasticity=given["elasticity"].to_numpy(dtype=np.float64),
        std_error=given["std_error"].to_numpy(dtype=np.float64),
        scatter=given["variance_per_day"].to_numpy(dtype=np.float64) / np.maximum(mean, 1e-9),
    )


def _offer(given: pd.DataFrame, prices: Floats, days: int) -> Offer:
    now, cost, stock = (
        given[name].to_numpy(dtype=np.float64) for name in ("current_minor", "cost_minor", "stock")
    )
    return Offer(prices, now, cost, np.where(np.isnan(stock), np.inf, stock), float(days))


def _listed(values: Floats) -> list[float | None]:
    """A row as JSON; None where it says nothing."""
    return [float(value) if np.isfinite(value) else None for value in values]


def _numbers(values: list[float | None]) -> Floats:
    return np.array([[np.nan if value is None else float(value) for value in values]])
