"""Which model suits which kind of SKU, and how far off it is: measured on the shop's past."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from tools.demand_models import CANDIDATES, DEFAULTS, SEGMENTS
from tools.forecast_band import MIN_CASES, Bands, default_bands, fit_bands
from tools.hierarchy import CategoryTree, category_tree, node_levels, node_misses
from tools.history import sample_of
from tools.replay import Replay, deviance, replay_past
from tools.situation import Situation

Floats = npt.NDArray[np.float64]

SAMPLE = 1500
"""SKUs that the past is replayed for."""
ORIGINS = 6
MIN_HISTORY = 56
"""Days a replay needs before its starting day."""
SHARED_ERROR = 0.15
"""Log error common to all SKUs, before any was measured; counts as three replays."""
UNTESTED_SHARE = 0.5
"""Share of the global model in new SKUs' forecasts where too few could be compared."""
BLENDS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the global model that are tried beside each simple one."""


@dataclass(frozen=True)
class Calibration:
    """What the replays taught.

    Attributes:
        model: Simple model of each segment.
        blend: Share of the global model beside it.
        correction: Factor on each segment's level.
        bands: Errors and corrected quantiles.
        yearly: Whether the time of year helped (False: only weekdays are used).
        shared_error: Log error common to all SKUs.
        origins: Number of starting days replayed.
        days: Horizon replayed.
        cases: Forecasts compared.
        scores: Segment to mean deviance by model, relative to each SKU's own scatter.
        nodes: Log misses of categories by size and quantile (``tools.hierarchy``).
    """

    model: dict[str, str]
    blend: dict[str, float]
    correction: dict[str, float]
    bands: Bands
    yearly: bool
    shared_error: float
    origins: int
    days: int
    cases: int
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    nodes: Floats = field(default_factory=lambda: node_levels(np.empty((0, 2))), repr=False)

    @property
    def blended(self) -> bool:
        """Whether the global model is used anywhere."""
        return any(share > 0 for share in self.blend.values())

    def label(self, segment: str) -> str:
        """What a segment is forecast by."""
        share, simple = self.blend[segment], self.model[segment]
        if share == 0:
            return simple
        return "global" if share == 1 else f"{share:.0%} global, {1 - share:.0%} {simple}"


def calibrate(known: Situation, horizon_days: int, seed: int) -> Calibration:
    """Replay the past from several starting days and learn models and errors from it.

    Each replay sees only days before its start. Where history is shorter than horizon plus
    ``MIN_HISTORY`` days, a shorter horizon is replayed; where even that is impossible,
    documented wide defaults stand in (``cases`` is 0).
    """
    days = min(horizon_days, (known.days - MIN_HISTORY) // 2)
    if days < min(7, horizon_days):
        return _defaults(horizon_days)
    chosen = sample_of(known.history.skus, SAMPLE)
    starts = [known.days - days * (k + 1) for k in range(ORIGINS)]
    starts = [start for start in starts if start >= MIN_HISTORY]
    replays = replay_past(known, starts, days, chosen, seed)
    return _learn(replays, category_tree(known.groups, len(known.history.skus)), days=days)


def _learn(used: list[Replay], tree: CategoryTree, *, days: int) -> Calibration:
    segment = np.concatenate([replay.segment for replay in used])
    actual = np.concatenate([replay.actual for replay in used])
    spread = np.concatenate([replay.spread for replay in used])
    model, blend, correction = dict(DEFAULTS), dict.fromkeys(SEGMENTS, 0.0), {}
    scores = {}
    expected = np.zeros(len(actual))
    for kind in SEGMENTS:
        rows = segment == kind
        if rows.sum() >= MIN_CASES:
            found = _scores(kind, used, rows, actual, spread)
            model[kind], blend[kind] = min(found, key=lambda key: (found[key], key[1], key[0]))
            scores[kind] = {f"{name} + {share:.0%} global": value
                            for (name, share), value in found.items()}  # fmt: skip
        elif kind == "new" and used[0].boosted is not None:
            blend[kind] = UNTESTED_SHARE
        raw = _blended(used, model[kind], blend[kind])[rows]
        correction[kind] = _correction(kind, float(actual[rows].sum()), raw.sum(), len(used))
        expected[rows] = raw * correction[kind]
    return Calibration(
        model=model,
        blend=blend,
        correction=correction,
        bands=fit_bands(segment, actual, expected, spread),
        yearly=used[0].yearly,
        shared_error=_shared_error(used, expected),
        nodes=node_levels(
            np.vstack(
                [
                    node_misses(tree, replay.skus, replay.actual, part)
                    for replay, part in zip(used, _parts(used, expected), strict=True)
                ]
            )
        ),
        origins=len(used),
        days=days,
        cases=len(actual),
        scores=scores,
    )


def _scores(
    kind: str, used: list[Replay], rows: npt.NDArray[np.bool_], actual: Floats, spread: Floats
) -> dict[tuple[str, float], float]:
    """Mean deviance of each simple model with each share of the global one."""
    shares = BLENDS if used[0].boosted is not None else (0.0,)
    return {
        (model, share): float(
            (deviance(actual[rows], _blended(used, model, share)[rows]) / spread[rows]).mean()
        )
        for model, share in product(CANDIDATES[kind], shares)
    }


def _blended(used: list[Replay], model: str, share: float) -> Floats:
    simple = np.concatenate([replay.forecast[model] for replay in used])
    if share == 0:
        return simple
    boosted = np.concatenate([np.asarray(replay.boosted) for replay in used])
    return boosted if share == 1 else (1 - share) * simple + share * boosted


def _correction(kind: str, actual: float, expected: float, origins: int) -> float:
    """Factor that makes a segment's total right in the past.

    Levels of what sells regularly leave out bulk orders and growth; the factor is pulled towards
    1, more so the fewer starting days were tried.
    """
    ratio = (actual + 1) / (expected + 1)
    if kind in ("new", "dead"):
        return float(np.clip(ratio, 0.2, 20.0))
    return float(np.clip(ratio, 0.67, 1.5) ** (origins / (origins + 2)))


def _parts(replays: list[Replay], expected: Floats) -> list[Floats]:
    """Expected units replay by replay."""
    ends = np.cumsum([len(replay.actual) for replay in replays])[:-1]
    return np.split(expected, ends)


def _shared_error(replays: list[Replay], expected: Floats) -> float:
    misses = [
        np.log((replay.actual.sum() + 1) / (part.sum() + 1))
        for replay, part in zip(replays, _parts(replays, expected), strict=True)
        if part.sum() > 0
    ]
    squares = float(np.square(misses).sum()) + 3 * SHARED_ERROR**2
    return float(np.sqrt(squares / (len(misses) + 3)))


def _defaults(horizon_days: int) -> Calibration:
    return Calibration(
        model=dict(DEFAULTS),
        blend=dict.fromkeys(SEGMENTS, 0.0),
        correction=dict.fromkeys(SEGMENTS, 1.0),
        bands=default_bands(),
        yearly=True,
        shared_error=2 * SHARED_ERROR,
        origins=0,
        days=horizon_days,
        cases=0,
    )
