"""Price experiments: what one teaches of a SKU's elasticity, what it costs, what it is worth."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import NotFoundError
from ecomagent.domain.evidence import DataRef, Evidence
from ecomagent.domain.goal import Objective
from tools.elasticity import Elasticities
from tools.figures import plain, rows_of, significant
from tools.forecast import DemandForecast
from tools.futures import FLATTEST, STEEPEST, common_luck
from tools.price_effects import METRICS, Terms, assess
from tools.price_futures import GIVEN

Floats = npt.NDArray[np.float64]

TOOL = "tools.experiment.experiment_menu"
BLOCK_DAYS = 7
"""Whole weeks, so that weekdays weigh the same at both prices."""
BLOCKS = (4, 6, 8, 10, 12)
CHANCE = 0.5
LASTING = 1.5
"""How much more block means scatter than independent days would: demand has ups and downs that
last longer than a day."""
ENOUGH = 0.5
"""Share of the doubt that should be left: longer experiments are not looked at then."""
MOST_LEFT = 0.8
"""Share of the doubt that may be left: an experiment that cannot tell is not worth running."""
LEAST_DROP = 0.03
"""Drops of the price below this teach next to nothing."""
LADDER = 9
SPREAD = 15
"""Prices, and answers of the experiment, that its value is computed over."""


@dataclass(frozen=True)
class ExperimentMenu:
    """One proposed switchback a SKU: two prices, block by block, by chance.

    Attributes:
        table: ``sku``, ``price_minor`` (the lower price), ``current_minor``, ``blocks``, ``days``
            at the lower price, ``detects`` (standard error of the elasticity from the experiment
            alone), ``left`` (standard error of the elasticity afterwards), ``learnt_minor``
            (expected gain from pricing on what was learnt), ``value`` (that, and the experiment's
            own expected gain or loss), and P10, P50, P90 of the change of ``units``,
            ``revenue_minor``, ``gross_profit_minor`` while it runs.
        given: What each SKU's figures were computed from; index ``sku``.
        payback_days: Days over which what was learnt is counted.
        horizon_days: Days that impacts are counted over.
        draws: Futures drawn.
        seed: Seed of the draws.
        data: What was read.
    """

    table: pd.DataFrame = field(repr=False)
    given: pd.DataFrame = field(repr=False)
    payback_days: int
    horizon_days: int
    draws: int
    seed: int
    data: tuple[DataRef, ...]

    def evidence(self, sku: str) -> Evidence:
        """One experiment's figures; ``experiment_of`` recomputes them from its params.

        Raises:
            NotFoundError: The menu has none for that SKU.
        """
        rows = self.table[self.table["sku"] == sku]
        if rows.empty:
            raise NotFoundError(f"no experiment for SKU {sku} on the menu")
        row: Any = self.given.xs(sku)
        return Evidence.of(
            TOOL,
            params={
                "sku": sku,
                **plain(row[list(_GIVEN)].to_dict()),
                "payback_days": self.payback_days,
                "horizon_days": self.horizon_days,
                "draws": self.draws,
                "seed": self.seed,
            },
            data=tuple(rows_of(ref, sku=sku) for ref in self.data),
            result=plain(rows.iloc[0].drop(["sku", "current_minor"]).to_dict()),
            assumptions=(
                f"what is learnt is counted over {self.payback_days} days after the experiment",
                "demand stays as it is forecast, and other products' does not answer this price",
            ),
        )


_GIVEN = (*GIVEN, "price_minor", "low_minor", "high_minor")


def experiment_menu(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    elasticity: Elasticities,
    *,
    reach: pd.DataFrame,
    payback_days: int,
    horizon_days: int,
    source: DataRef,
    seed: int = 0,
    draws: int = 400,
) -> ExperimentMenu:
    """Experiments whose lesson is worth more than they cost, at most one a SKU.

    Half of an experiment's weeks, drawn by chance, ask the lower price. The difference of the two
    log mean sales over the log of the prices' ratio estimates the elasticity with a standard
    error of ``sqrt(LASTING * variance / mean² * (1 / days + 1 / days)) / |log ratio|``, where
    ``variance`` is a day's (negative binomial scatter included). The shortest of ``BLOCKS`` is
    taken that leaves at most ``ENOUGH`` of the present doubt, or else the longest; where that
    leaves more than ``MOST_LEFT``, none.

    Its value is the expected value of sample information (Raiffa and Schlaifer 1961): gross
    profit at the price that is best on average once the answer is known, less that of the price
    that is best now, over ``payback_days``; both over prices within reach. The change of gross
    profit while it runs is added, as a promotion's is: its mean less half its mean loss.

    Args:
        catalogue: ``sku``, ``list_price_minor``, ``cost_minor``, ``on_hand``, ``inbound``.
        demand: Forecast at the present price.
        elasticity: What is known of the response.
        reach: Index ``sku``: ``tried_minor``, the lower price to try, and ``low_minor`` and
            ``high_minor`` between which a list price can be set afterwards.
        payback_days: Days after the experiment that count.
        horizon_days: Days that impacts are counted over.
        source: The catalogue's reference.
        seed: Seed of the futures.
        draws: Number of futures.
    """
    given = _given(catalogue, demand, elasticity, reach)
    table = _figures(given, payback_days, horizon_days, draws, seed)
    tells = table["left"] <= MOST_LEFT * given["std_error"].to_numpy()
    table = table[tells & (table["value"] > 0)].sort_values(
        ["value", "sku"], ascending=[False, True], ignore_index=True
    )
    return ExperimentMenu(
        table, given, payback_days, horizon_days, draws, seed, (source, demand.source)
    )


def experiment_of(params: Mapping[str, Any]) -> dict[str, float]:
    """The figures of one experiment from the ``params`` of its evidence."""
    row = pd.DataFrame([{name: params[name] for name in _GIVEN}]).astype("float64")
    row.index = pd.Index([str(params["sku"])], name="sku")
    found = _figures(
        row, int(params["payback_days"]), int(params["horizon_days"]), int(params["draws"]),
        int(params["seed"]),
    )  # fmt: skip
    return {str(k): float(v) for k, v in found.iloc[0].drop(["sku", "current_minor"]).items()}


def lower_blocks(sku: str, blocks: int, seed: int) -> tuple[bool, ...]:
    """Which blocks get the lower price: one of every two neighbours, by chance.

    The same SKU and seed give the same draw.
    """
    rng = np.random.default_rng([seed, zlib.crc32(sku.encode())])
    first = rng.random(blocks // 2) < CHANCE
    return tuple(bool(low) for one in first for low in (one, not one))


def _given(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    elasticity: Elasticities,
    reach: pd.DataFrame,
) -> pd.DataFrame:
    def number(column: str) -> pd.Series:
        if column not in catalogue:
            return pd.Series(np.nan, index=catalogue.index)
        return pd.to_numeric(catalogue[column], errors="coerce").astype("float64")

    frame = pd.DataFrame({"sku": catalogue["sku"].astype(str)})
    frame["current_minor"], frame["cost_minor"] = number("list_price_minor"), number("cost_minor")
    frame["stock"] = (number("on_hand") + number("inbound").fillna(0.0)).clip(lower=0)
    frame = frame.drop_duplicates("sku").set_index("sku")
    frame = frame.join(demand.table[["mean_per_day", "variance_per_day", "log_error_sd"]])
    frame = frame.join(elasticity.table[["elasticity", "std_error"]])
    frame = frame.join(reach[["tried_minor", "low_minor", "high_minor"]].astype("float64"))
    frame = frame.rename(columns={"tried_minor": "price_minor"}).sort_index()
    needed = frame[[name for name in _GIVEN if name != "stock"]]
    usable = np.isfinite(needed.to_numpy(dtype=np.float64)).all(axis=1)
    frame = frame[usable]
    positive = (frame["mean_per_day"] > 0) & (frame["price_minor"] > 0)
    worth = frame["price_minor"] <= (1 - LEAST_DROP) * frame["current_minor"]
    earns = frame["cost_minor"] < frame["price_minor"]
    kept: pd.DataFrame = frame[positive & worth & earns]
    return kept


def _figures(
    given: pd.DataFrame, payback_days: int, horizon_days: int, draws: int, seed: int
) -> pd.DataFrame:
    blocks, detects = _design(given)
    doubt = given["std_error"].to_numpy(dtype=np.float64)
    left = doubt * detects / np.sqrt(doubt**2 + detects**2)
    days = blocks * BLOCK_DAYS // 2
    learnt = payback_days * _learnt(given, np.sqrt(np.maximum(doubt**2 - left**2, 0.0)), left)
    impact = _while_it_runs(given, days, horizon_days, draws, seed)
    running = impact.pop("running").to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "sku": given.index.to_numpy(),
            "price_minor": given["price_minor"].to_numpy(),
            "current_minor": given["current_minor"].to_numpy(),
            "blocks": blocks,
            "days": days,
            "detects": significant(detects),
            "left": significant(left),
            "learnt_minor": significant(learnt),
            "value": significant(learnt + running),
        }
    )
    return pd.concat([table, impact.reset_index(drop=True)], axis=1)


def _design(given: pd.DataFrame) -> tuple[npt.NDArray[np.int64], Floats]:
    """Blocks of each experiment, and the standard error it gives."""
    mean = given["mean_per_day"].to_numpy(dtype=np.float64)
    scatter = np.maximum(given["variance_per_day"].to_numpy(dtype=np.float64), mean) / mean**2
    ratio = np.abs(np.log((given["price_minor"] / given["current_minor"]).to_numpy()))
    half = np.array(BLOCKS)[:, None] * BLOCK_DAYS / 2
    errors = np.sqrt(LASTING * scatter * 2 / half) / ratio
    doubt = given["std_error"].to_numpy(dtype=np.float64)
    enough = errors / np.sqrt(doubt**2 + errors**2) <= ENOUGH
    chosen = np.where(enough.any(axis=0), enough.argmax(axis=0), len(BLOCKS) - 1)
    return np.array(BLOCKS)[chosen], errors[chosen, np.arange(len(given))]


def _learnt(given: pd.DataFrame, moves: Floats, left: Floats) -> Floats:
    """Expected gain a day from pricing on the answer rather than on what is known now."""
    from scipy.special import ndtri

    if given.empty:
        return np.zeros(0)
    now, cost, mean, known = (
        given[name].to_numpy(dtype=np.float64)[:, None, None]
        for name in ("current_minor", "cost_minor", "mean_per_day", "elasticity")
    )
    low, high = (given[n].to_numpy(dtype=np.float64)[:, None] for n in ("low_minor", "high_minor"))
    steps = np.linspace(0.0, 1.0, LADDER)[None, :]
    price = np.concatenate([low + (high - low) * steps, now[:, 0]], axis=1)[:, None, :]
    nodes = ndtri((np.arange(SPREAD) + 0.5) / SPREAD)
    answers = known + moves[:, None, None] * nodes[None, :, None]
    log = np.log(price / now)

    def profit(centre: Floats, spread: Floats) -> Floats:
        values = np.zeros(np.broadcast_shapes(centre.shape, log.shape))
        for node in nodes:
            drawn = np.clip(centre + spread * node, STEEPEST, FLATTEST)
            values += (price - cost) * mean * np.exp(drawn * log) / SPREAD
        return values

    after = profit(answers, left[:, None, None])
    best_now = after.mean(axis=1).max(axis=1)
    found: Floats = after.max(axis=2).mean(axis=1) - best_now
    return np.maximum(found, 0.0)


def _while_it_runs(
    given: pd.DataFrame, days: npt.NDArray[np.int64], horizon_days: int, draws: int, seed: int
) -> pd.DataFrame:
    """Change of every metric while the lower price is asked, as of a promotion that long."""
    luck = common_luck(draws, seed)
    parts = []
    for length in np.unique(days):
        rows = given[days == length]
        terms = Terms(Objective.GROSS_PROFIT, max(int(length), horizon_days), int(length))
        parts.append(assess(rows, terms, luck).rename(columns={"value": "running"}))
    if not parts:
        columns = [f"{metric}_{name}" for metric in METRICS for name in ("p10", "p50", "p90")]
        return pd.DataFrame(columns=[*columns, "running"], dtype="float64")
    return pd.concat(parts).reindex(given.index)
