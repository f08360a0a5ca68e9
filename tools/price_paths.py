"""What a plan's prices do to demand from step to step: own answer, rivals, the dip afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.behaviour import MOST_SWITCHING, PULL_DAYS, REACTION_DAYS, Behaviour, Drawn
from tools.futures import FLATTEST, STEEPEST

Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

PRICE_SHARED = 0.5
"""Share of an elasticity's error variance that SKUs have in common, where the tool does not say."""
ACROSS = 0.5
"""Share of a category's elasticity's error variance that categories have in common: each leans
on the same shop, and where that says nothing on the same published studies."""


@dataclass(frozen=True)
class PricePaths:
    """Changed prices of some SKUs; arrays of shape (m, draws) or (m, 1).

    Attributes:
        rows: Their rows in the block; shape (m,).
        price: New price, (m, 1).
        days: Days it holds, (m, 1).
        answer: Log of what demand is multiplied by while it holds, rivals standing still.
        faded: The same once rivals have answered.
        rivals: Whether a rival's price is known, (m, 1).
        switching: Share of what it moves that comes from the category, (m, draws).
        temporary: Whether it is a promotion, which takes from later sales, (m, 1).
    """

    rows: Ints
    price: Singles
    days: Singles
    answer: Singles
    faded: Singles
    switching: Singles
    rivals: npt.NDArray[np.bool_]
    temporary: npt.NDArray[np.bool_]

    def factor(self, first: float, pull_forward: Singles) -> Singles:
        """What demand is multiplied by in a step that begins on day ``first``."""
        holds = first < self.days
        log = np.where(self.rivals & (first >= REACTION_DAYS), self.faded, self.answer)
        during = np.exp(np.where(holds, log, np.float32(0)))
        after = (first >= self.days) & (first < self.days + PULL_DAYS) & self.temporary
        if not after.any():
            return during
        gain = np.exp(self.answer) - 1
        dip = 1 - pull_forward * np.maximum(gain, 0) * np.minimum(self.days / PULL_DAYS, 1)
        return np.where(after, np.clip(dip, 0.2, 1.0), during).astype(np.float32)

    def prices(self, now: Singles, first: float) -> Singles:
        """Price of every SKU of the block in a step; shape (n,)."""
        found = now.copy()
        held = self.days[:, 0] > first
        found[self.rows[held]] = self.price[held, 0]
        return found


def edges_of(plan: pd.DataFrame, horizon_days: int, step_days: int) -> list[int]:
    """Days at which steps begin and end: every ``step_days``, and wherever a price may change."""
    found = set(range(0, horizon_days, step_days)) | {horizon_days}
    spans = plan["price_days"].dropna().unique()
    for span in spans:
        found |= {round(float(span)), round(float(span)) + PULL_DAYS}
    if len(spans) or plan["price_minor"].notna().any():
        found.add(REACTION_DAYS)
    return sorted(day for day in found if 0 <= day <= horizon_days)


def price_paths(
    base: pd.DataFrame, plan: pd.DataFrame, own: Singles, drawn: Drawn, *, horizon_days: int,
    seed: int, behaviour: Behaviour,
) -> PricePaths | None:  # fmt: skip
    """The changed prices of a block; None where no price changes.

    The elasticity's error has three parts: common to the shop, common to its group, its own.

    Args:
        base: The block's SKUs.
        plan: Their effects.
        own: Each SKU's own luck with its elasticity; shape (n, draws).
        drawn: What all SKUs share.
        horizon_days: Days played.
        seed: Seed of the groups' luck.
        behaviour: How far rivals matter.
    """
    now, new = _column(base, "price_minor"), _column(plan, "price_minor")
    elasticity = _column(plan, "elasticity")
    able = np.isfinite(new) & np.isfinite(elasticity) & (now > 0) & (new > 0)
    rows = np.flatnonzero(np.isfinite(new) & (new > 0))
    if not len(rows):
        return None
    part = plan.iloc[rows]
    drawn_elasticity = _elasticity(part, elasticity[rows], own[rows], drawn, seed)
    ratio = np.where(able[rows], new[rows] / np.where(now > 0, now, 1.0)[rows], 1.0)
    answer = (np.log(ratio)[:, None].astype(np.float32) * drawn_elasticity).astype(np.float32)
    rivals = np.isfinite(_column(base, "competitor_price_minor"))[rows, None]
    span = _column(part, "price_days")
    days = np.where(np.isfinite(span), np.minimum(span, horizon_days), horizon_days)
    rival = _column(part, "rival")[:, None]
    given_back = np.where(
        np.isfinite(rival), np.nan_to_num(rival) * np.log(ratio)[:, None],
        -behaviour.rivalry * answer,
    )  # fmt: skip
    faded = answer + given_back * drawn.reaction
    return PricePaths(
        rows=rows, price=new[rows, None].astype(np.float32), days=days[:, None].astype(np.float32),
        answer=answer, faded=faded.astype(np.float32), rivals=rivals,
        switching=_switching(part, elasticity[rows], drawn),
        temporary=np.isfinite(span)[:, None],
    )  # fmt: skip


def _elasticity(
    plan: pd.DataFrame, middle: npt.NDArray[np.float64], own: Singles, drawn: Drawn, seed: int
) -> Singles:
    error = np.nan_to_num(_column(plan, "elasticity_se"))
    shared = _column(plan, "elasticity_shared_se")
    shared = np.where(np.isfinite(shared), np.minimum(shared, error), error * PRICE_SHARED**0.5)
    alone = np.sqrt(error**2 - shared**2)
    common = np.float32(ACROSS**0.5) * drawn.price
    common = common + np.float32((1 - ACROSS) ** 0.5) * _group_luck(plan, len(drawn.price), seed)
    luck = _single(shared) * common + _single(alone) * own
    middle = np.where(np.isfinite(middle), middle, 0.0)
    found: Singles = np.clip(_single(middle) + luck, STEEPEST, FLATTEST).astype(np.float32)
    return found


def _switching(plan: pd.DataFrame, elasticity: npt.NDArray[np.float64], drawn: Drawn) -> Singles:
    """What others of the category answer over what the SKU itself does: cross over own."""
    own = np.maximum(np.abs(np.nan_to_num(elasticity, nan=1.0)), 0.1)
    mean, error = _column(plan, "cross") / own, np.nan_to_num(_column(plan, "cross_error")) / own
    told = np.clip(_single(np.nan_to_num(mean)) + _single(error) * drawn.cross, 0, MOST_SWITCHING)
    found: Singles = np.where(np.isfinite(mean)[:, None], told, drawn.switching[None, :])
    return found.astype(np.float32)


def _group_luck(plan: pd.DataFrame, draws: int, seed: int) -> Singles:
    from zlib import crc32

    named = plan["elasticity_group"].astype(object).fillna("").astype(str)
    codes, names = named.factorize()
    luck = [
        np.random.Generator(np.random.SFC64([seed, 3, crc32(name.encode())]))
        .standard_normal(draws, dtype=np.float32)
        for name in names
    ]  # fmt: skip
    found: Singles = np.stack(luck)[codes]
    return found


def _single(values: npt.NDArray[np.float64]) -> Singles:
    return values.astype(np.float32)[:, None]


def _column(frame: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    if name not in frame:
        return np.full(len(frame), np.nan)
    found: npt.NDArray[np.float64] = pd.to_numeric(frame[name], errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    return found
