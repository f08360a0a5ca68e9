"""Price experiments: what one teaches of a SKU's elasticity, what it costs, what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecomagent.domain.errors import NotFoundError
from ecomagent.domain.evidence import DataRef, Evidence
from tools.elasticity import Elasticities
from tools.experiment_design import (
    BLOCK_DAYS,
    BLOCKS,
    DESIGN,
    errors_of,
    fractions_of,
    same_profit_of,
)
from tools.experiment_worth import learnt, most_lost, power, while_it_runs
from tools.figures import plain, rows_of, significant
from tools.forecast import DemandForecast
from tools.matched_skus import WeeklySales, match_skus
from tools.price_futures import GIVEN

Floats = npt.NDArray[np.float64]

TOOL = "tools.experiment.experiment_menu"
ENOUGH = 0.5
"""Share of the doubt that should be left: longer experiments are not looked at then."""
MOST_LEFT = 0.8
"""Share of the doubt that may be left: an experiment that cannot tell is not worth running."""
LEAST_DROP = 0.03
"""Drops of the price below this teach next to nothing."""
MOST_MATCHED = 200
"""SKUs that others are sought for: those that sell most."""


@dataclass(frozen=True)
class ExperimentMenu:
    """One proposed experiment a SKU.

    Attributes:
        table: ``sku``, ``price_minor`` (the lower price), ``current_minor``, ``matched`` (1 for
            matched SKUs, 0 for a switchback), ``blocks``, ``days`` at the lower price, ``detects``
            (standard error of the elasticity from the experiment alone), ``left`` (standard error
            of the elasticity afterwards), ``same_profit`` (elasticity at which both prices earn
            the same), ``power`` (chance that the experiment tells which earns more, as things
            are believed now), ``most_lost_minor`` (gross profit after whose loss it stops),
            ``learnt_minor`` (expected gain from pricing on what was learnt), ``value`` (that, and
            the experiment's own expected gain or loss), and P10, P50, P90 of the change of
            ``units``, ``revenue_minor``, ``gross_profit_minor`` while it runs.
        given: What each SKU's figures were computed from; index ``sku``.
        controls: Names of the SKUs that keep their price for it, by SKU; empty for a switchback.
        payback_days: Days over which what was learnt is counted.
        horizon_days: Days that impacts are counted over.
        draws: Futures drawn.
        seed: Seed of the draws.
        data: What was read.
    """

    table: pd.DataFrame = field(repr=False)
    given: pd.DataFrame = field(repr=False)
    controls: Mapping[str, tuple[str, ...]] = field(repr=False)
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
                *self._held_with(sku),
            ),
        )

    def fractions(self, sku: str) -> tuple[float, ...]:
        """Information at each look of a SKU's experiment over that at the last."""
        rows = self.table[self.table["sku"] == sku]
        return fractions_of(self.given.loc[[sku]], rows["blocks"].to_numpy())[0]

    def _held_with(self, sku: str) -> tuple[str, ...]:
        names = ", ".join(self.controls.get(sku, ()))
        return (f"it and {names} go on as they did in the year before",) if names else ()


_GIVEN = (*GIVEN, "price_minor", "low_minor", "high_minor", *DESIGN)


def experiment_menu(
    catalogue: pd.DataFrame,
    demand: DemandForecast,
    elasticity: Elasticities,
    *,
    reach: pd.DataFrame,
    payback_days: int,
    horizon_days: int,
    source: DataRef,
    sales: WeeklySales | None = None,
    switches: pd.Series | None = None,
    apart: pd.DataFrame | None = None,
    seed: int = 0,
    draws: int = 400,
) -> ExperimentMenu:
    """Experiments whose lesson is worth more than they cost, at most one a SKU.

    A switchback where prices may come and go; where they may not, or it could not tell, matched
    SKUs, if there are any (``tools.experiment_design`` says how exactly each tells). The shortest
    of ``BLOCKS`` is taken that leaves at most ``ENOUGH`` of the present doubt, or else the
    longest; where that leaves more than ``MOST_LEFT``, none.

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
        sales: By week, to match SKUs by; none are matched without.
        switches: Whether a SKU's price may come and go; index SKU. All may where not said.
        apart: Pairs ``sku``, ``other`` that replace each other, so that neither serves as the
            other's comparison.
        seed: Seed of the futures.
        draws: Number of futures.
    """
    given = _given(catalogue, demand, elasticity, reach).assign(**dict.fromkeys(DESIGN, 0.0))
    given, controls = _designed(given, catalogue, sales, switches, apart)
    table = _figures(given, payback_days, horizon_days, draws, seed)
    tells = table["left"] <= MOST_LEFT * given["std_error"].to_numpy()
    table = table[tells & (table["value"] > 0)].sort_values(
        ["value", "sku"], ascending=[False, True], ignore_index=True
    )
    return ExperimentMenu(
        table, given, controls, payback_days, horizon_days, draws, seed, (source, demand.source)
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


def _designed(
    given: pd.DataFrame,
    catalogue: pd.DataFrame,
    sales: WeeklySales | None,
    switches: pd.Series | None,
    apart: pd.DataFrame | None,
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Each SKU's design; SKUs that neither serves are left out."""
    may = pd.Series(True, index=given.index)
    if switches is not None:
        may = switches.reindex(given.index).fillna(value=True).astype(bool)
    may &= _tells(given)
    wanted = given.loc[~may, "mean_per_day"].sort_values(ascending=False, kind="stable")
    if sales is None or wanted.empty:
        return given[may], {}
    pairs = pd.DataFrame(columns=["sku", "other"]) if apart is None else apart
    found = match_skus(sales, catalogue, list(wanted.index[:MOST_MATCHED]), pairs)
    matched = given.loc[found.index].assign(
        matched=1.0, control_scatter=found["control_scatter"], drift=found["drift"]
    )
    controls = dict(zip(found.index.astype(str), found["controls"], strict=True))
    parts = [part for part in (given[may], matched) if len(part)]
    return pd.concat(parts or [matched]).sort_index(), controls


def _tells(given: pd.DataFrame) -> pd.Series:
    _, errors = _design(given)
    doubt = given["std_error"].to_numpy(dtype=np.float64)
    return pd.Series(errors / np.sqrt(doubt**2 + errors**2) <= MOST_LEFT, index=given.index)


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
    needed = frame[[name for name in _GIVEN if name not in ("stock", *DESIGN)]]
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
    days = np.where(given["matched"] > 0, blocks, blocks // 2) * BLOCK_DAYS
    taught = payback_days * learnt(given, np.sqrt(np.maximum(doubt**2 - left**2, 0.0)), left)
    impact = while_it_runs(given, days, horizon_days, draws, seed)
    running = impact.pop("running").to_numpy(dtype=np.float64)
    table = pd.DataFrame(
        {
            "sku": given.index.to_numpy(),
            "price_minor": given["price_minor"].to_numpy(),
            "current_minor": given["current_minor"].to_numpy(),
            "matched": given["matched"].to_numpy(),
            "blocks": blocks,
            "days": days,
            "detects": significant(detects),
            "left": significant(left),
            "same_profit": significant(same_profit_of(given)),
            "power": significant(power(given, blocks, detects), 3),
            "most_lost_minor": np.round(most_lost(given, days, impact)),
            "learnt_minor": significant(taught),
            "value": significant(taught + running),
        }
    )
    return pd.concat([table, impact.reset_index(drop=True)], axis=1)


def _design(given: pd.DataFrame) -> tuple[npt.NDArray[np.int64], Floats]:
    """Blocks of each experiment, and the standard error it gives."""
    errors = errors_of(given, np.array(BLOCKS)[:, None])
    doubt = given["std_error"].to_numpy(dtype=np.float64)
    enough = errors / np.sqrt(doubt**2 + errors**2) <= ENOUGH
    chosen = np.where(enough.any(axis=0), enough.argmax(axis=0), len(BLOCKS) - 1)
    return np.array(BLOCKS)[chosen], errors[chosen, np.arange(len(given))]
