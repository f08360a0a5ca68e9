"""How demand answers a competitor's price: one regression a category, pooled and shrunk."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.figures import significant
from tools.history import read_history
from tools.price_history import OTHERS, PriceWeeks, price_weeks, spread_within

Floats = npt.NDArray[np.float64]

PRIOR, PRIOR_SD = 0.5, 0.5
"""Mean and spread of published cross-price elasticities between brands (Auer and Papies 2020:
0.26 on average over all pairs; the closest substitute's is larger)."""
MIN_SPREAD = 0.01
MIN_MOVERS = 3
SPELL = 26
TOLERANCE = 1e-11
LEAST, MOST = 0.0, 4.0


def rival_response(
    panel: pd.DataFrame, catalogue: pd.DataFrame, elasticity: pd.Series
) -> pd.DataFrame:
    """Elasticity of each SKU's demand in its competitor's price.

    Poisson regression of weekly units on both log prices with SKU-half-year and week effects;
    where costs moved, the residual of ``log price ~ log cost + log rival`` enters as a control
    function. The category's answer is pulled towards published ones by its error. A competitor
    that follows this shop's prices hides part of the shop's own elasticity (what is lost to it
    by a rise comes back as it follows): the difference is given as ``own_shift``.

    Args:
        panel: ``sku, date, units`` and, where known, prices, costs and
            ``competitor_price_minor``.
        catalogue: ``sku``, ``category``.
        elasticity: Own-price elasticity by SKU, as it is used.

    Returns:
        Index ``sku``, only SKUs that ever had a competitor: ``rival_elasticity`` (at least 0),
        ``rival_error``, ``own_shift`` (to add to the elasticity, at most 0).
    """
    columns = {"rival_elasticity": float, "rival_error": float, "own_shift": float}
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    if "competitor_price_minor" not in panel or panel["competitor_price_minor"].isna().all():
        return empty.rename_axis("sku")
    weeks = price_weeks(panel, catalogue)
    rival = _rival_weeks(panel, weeks)
    beside = np.isfinite(rival).any(axis=1)
    if not beside.any():
        return empty.rename_axis("sku")
    found = np.full((len(weeks.skus), 3), np.nan)
    for name in np.unique(weeks.group[beside]):
        rows = np.flatnonzero((weeks.group == name) & beside)
        found[rows] = _answer(weeks, rival, rows) if name != OTHERS else (PRIOR, PRIOR_SD, 0.0)
    table = pd.DataFrame(significant(found), weeks.skus, columns=list(columns))
    table = table[pd.Series(beside, table.index)]
    own = elasticity.reindex(table.index)
    most = (-own - table["own_shift"]).clip(lower=LEAST)
    table["rival_elasticity"] = table["rival_elasticity"].clip(upper=most)
    return table.rename_axis("sku").sort_index()


def _rival_weeks(panel: pd.DataFrame, weeks: PriceWeeks) -> Floats:
    """Log of the competitor's price by week, NaN where there was none; shaped as ``weeks``."""
    history = read_history(panel, ["competitor_price_minor"], last=7 * weeks.units.shape[1])
    values = history.column("competitor_price_minor")
    count = weeks.units.shape[1]
    if values is None:
        return np.full((len(weeks.skus), count), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(values[:, values.shape[1] - 7 * count :]).astype(np.float64)
    daily = log.reshape(len(log), count, 7)
    known = np.isfinite(daily)
    total = np.where(known, daily, 0.0).sum(axis=2)
    days = known.sum(axis=2)
    return np.where(days > 0, total / np.maximum(days, 1), np.nan)


def _answer(
    weeks: PriceWeeks, rival: Floats, rows: npt.NDArray[np.int64]
) -> tuple[float, float, float]:
    """The group's answer to the competitor, its error, and what it takes off its own."""
    usable = weeks.usable[rows] & np.isfinite(rival[rows])
    moves = (spread_within(rival[rows], usable) >= MIN_SPREAD) & (
        spread_within(weeks.log_price[rows], usable) >= MIN_SPREAD)  # fmt: skip
    if moves.sum() < MIN_MOVERS:
        return PRIOR, PRIOR_SD, 0.0
    row, week = np.nonzero(usable & moves[:, None])
    place = (rows[row], week)
    frame = pd.DataFrame(
        {
            "sku": row, "week": week, "units": weeks.units[place],
            "spell": row * 1000 + (usable.shape[1] - 1 - week) // SPELL,
            "log_price": weeks.log_price[place], "log_rival": rival[place],
            "log_cost": weeks.log_cost[place], "log_days": np.log(weeks.days[place]),
        }
    )  # fmt: skip
    for effect in ("spell", "week", "spell"):
        frame = frame[frame.groupby(effect)["units"].transform("sum") > 0]
    if frame["sku"].nunique() < MIN_MOVERS:
        return PRIOR, PRIOR_SD, 0.0
    return _fitted(frame.reset_index(drop=True))


def _fitted(frame: pd.DataFrame) -> tuple[float, float, float]:
    with_rival = _poisson(frame, ["log_rival"])
    if with_rival is None:
        return PRIOR, PRIOR_SD, 0.0
    answer, error, own = with_rival
    alone = _poisson(frame, [])
    shift = 0.0 if alone is None else min(own - alone[2], 0.0)
    trust = PRIOR_SD**2 / (PRIOR_SD**2 + error**2)
    pooled = trust * answer + (1 - trust) * PRIOR
    return float(np.clip(pooled, LEAST, MOST)), float(np.sqrt(trust) * error), trust * shift


def _poisson(frame: pd.DataFrame, more: list[str]) -> tuple[float, float, float] | None:
    """Answer to the competitor, its error, and to the own price; None where undetermined."""
    import pyfixest
    from pyfixest.errors import NanInClusterVarError

    how = {"vcov": {"CRV1": "sku"}, "fixef_rm": "none",
           "demeaner": pyfixest.MapDemeaner(fixef_tol=TOLERANCE)}  # fmt: skip
    try:
        wanted = ["log_price", *more]
        if frame["log_cost"].notna().all() and frame["log_cost"].std() > MIN_SPREAD:
            formula = " + ".join(["log_cost", *more])
            first = pyfixest.feols(f"log_price ~ {formula} | spell + week", frame, **how)
            frame = frame.assign(surprise=first.resid())
            wanted += ["surprise"] if frame["surprise"].std() > 1e-6 else []
        fit = pyfixest.fepois(
            f"units ~ {' + '.join(wanted)} | spell + week", frame, offset="log_days", **how
        )
    except (ValueError, RuntimeError, np.linalg.LinAlgError, NanInClusterVarError):
        return None
    coefficients, errors = fit.coef(), fit.se()
    if any(name not in coefficients.index for name in ("log_price", *more)):
        return None
    if not more:
        return 0.0, 0.0, float(coefficients["log_price"])
    error = float(errors["log_rival"])
    if not np.isfinite(error):
        return None
    return float(coefficients["log_rival"]), error, float(coefficients["log_price"])
