"""Which model suits which kind of SKU, and how far off it is: measured on the shop's past."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from tools.demand_models import CANDIDATES, DEFAULTS, SEGMENTS
from tools.engine import HERE, Engine
from tools.forecast_band import MIN_CASES, Bands, default_bands, fit_bands
from tools.hierarchy import CategoryTree, Nodes, category_tree, default_nodes, fit_nodes
from tools.history import sample_of
from tools.replay import Replay, deviance, replay_past
from tools.situation import Situation

Floats = npt.NDArray[np.float64]

SAMPLE = 1500
"""SKUs that the past is replayed for."""
ORIGINS = 6
MIN_HISTORY = 56
"""Days a replay needs before its starting day."""
UNTESTED_SHARE = 0.5
"""Share of the global model in new SKUs' forecasts where too few could be compared."""
BLENDS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the global model that are tried beside each simple one."""
USUAL_SHARE = {"smooth": 0.75, "intermittent": 0.5, "new": UNTESTED_SHARE, "dead": 0.0}
"""Shares that others have to beat."""
Candidate = tuple[str, float]
"""Simple model and share of the global one."""


@dataclass(frozen=True)
class Calibration:
    """What the replays taught.

    Attributes:
        model: Simple model of each segment.
        blend: Share of the global model beside it.
        correction: Factor on each segment's level.
        bands: Errors and corrected quantiles.
        yearly: Whether the time of year helped (False: only weekdays are used).
        nodes: Errors that SKUs have in common, and quantiles of categories.
        origins: Number of starting days replayed.
        days: Horizon replayed.
        cases: Forecasts compared.
        scores: Segment to mean deviance by model, relative to each SKU's own scatter.
    """

    model: dict[str, str]
    blend: dict[str, float]
    correction: dict[str, float]
    bands: Bands
    yearly: bool
    nodes: Nodes
    origins: int
    days: int
    cases: int
    scores: dict[str, dict[str, float]] = field(default_factory=dict)

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


def calibrate(known: Situation, horizon_days: int, seed: int, engine: Engine = HERE) -> Calibration:
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
    replays = replay_past(known, starts, days, chosen, seed, engine)
    return _learn(replays, category_tree(known.groups, len(known.history.skus)), days=days)


@dataclass(frozen=True)
class _Choice:
    """Simple model, share of the global one and factor on the level, by segment."""

    model: dict[str, str]
    blend: dict[str, float]
    correction: dict[str, float]
    scores: dict[str, dict[str, float]]


def _learn(used: list[Replay], tree: CategoryTree, *, days: int) -> Calibration:
    """Choices from all replays; errors of each replay under what the others would have chosen.

    What was chosen on the very days it is judged on looks better than it is (cross-conformal
    prediction, Vovk 2015).
    """
    choice = _choose(used)
    expected = [
        _expected(each, _choose([other for other in used if other is not each] or used))
        for each in used
    ]
    every = [np.concatenate(part) for part in zip(
        *((each.segment, each.actual, wanted, each.spread, np.full(len(wanted), number))
          for number, (each, wanted) in enumerate(zip(used, expected, strict=True))), strict=True
    )]  # fmt: skip
    bands = fit_bands(*every)
    return Calibration(
        model=choice.model,
        blend=choice.blend,
        correction=choice.correction,
        bands=bands,
        yearly=used[0].yearly,
        nodes=fit_nodes(tree, used, expected, bands),
        origins=len(used),
        days=days,
        cases=len(every[0]),
        scores=choice.scores,
    )


def _choose(used: list[Replay]) -> _Choice:
    segment = np.concatenate([replay.segment for replay in used])
    actual = np.concatenate([replay.actual for replay in used])
    boosted = used[0].boosted is not None
    found = _Choice(dict(DEFAULTS), dict.fromkeys(SEGMENTS, 0.0), {}, {})
    for kind in SEGMENTS:
        rows = segment == kind
        if rows.sum() >= MIN_CASES:
            misses = _misses(kind, used, rows)
            found.model[kind], found.blend[kind] = _best(misses, kind, used, rows)
            found.scores[kind] = {f"{name} + {share:.0%} global": float(value.mean())
                                  for (name, share), value in misses.items()}  # fmt: skip
        elif kind == "new" and boosted:
            found.blend[kind] = UNTESTED_SHARE
        raw = _blended(used, found.model[kind], found.blend[kind])[rows].sum()
        found.correction[kind] = _correction(kind, float(actual[rows].sum()), raw, len(used))
    return found


def _misses(kind: str, used: list[Replay], rows: npt.NDArray[np.bool_]) -> dict[Candidate, Floats]:
    """Deviance over scatter of each case, by simple model and share of the global one."""
    actual = np.concatenate([replay.actual for replay in used])[rows]
    spread = np.concatenate([replay.spread for replay in used])[rows]
    shares = BLENDS if used[0].boosted is not None else (0.0,)
    return {
        (model, share): deviance(actual, _blended(used, model, share)[rows]) / spread
        for model, share in product(CANDIDATES[kind], shares)
    }


def _best(
    misses: dict[Candidate, Floats], kind: str, used: list[Replay], rows: npt.NDArray[np.bool_]
) -> Candidate:
    """The usual candidate, unless another one's lead exceeds its standard error.

    With a handful of periods the best of thirty is the luckiest (one-standard-error rule, Breiman
    et al. 1984); periods count as one case each where they tell more than SKUs do.
    """
    usual = (DEFAULTS[kind], USUAL_SHARE[kind])
    usual = usual if usual in misses else (DEFAULTS[kind], 0.0)
    period = np.repeat(np.arange(len(used)), [len(replay.actual) for replay in used])[rows]

    def lead(candidate: Candidate) -> float:
        gain = misses[usual] - misses[candidate]
        by_period = [gain[period == number].mean() for number in np.unique(period)]
        apart = np.std(by_period, ddof=1) / np.sqrt(len(by_period)) if len(by_period) > 1 else 0.0
        return float(gain.mean() - max(gain.std() / np.sqrt(len(gain)), apart))

    leads = {candidate: lead(candidate) for candidate in misses if candidate != usual}
    best = min(leads, key=lambda key: (-leads[key], key[1], key[0]), default=usual)
    return best if leads.get(best, 0.0) > 0 else usual


def _expected(replay: Replay, choice: _Choice) -> Floats:
    expected = np.zeros(len(replay.actual))
    for kind in SEGMENTS:
        rows = replay.segment == kind
        raw = _blended([replay], choice.model[kind], choice.blend[kind])[rows]
        expected[rows] = raw * choice.correction[kind]
    return expected


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


def _defaults(horizon_days: int) -> Calibration:
    return Calibration(
        model=dict(DEFAULTS),
        blend=dict.fromkeys(SEGMENTS, 0.0),
        correction=dict.fromkeys(SEGMENTS, 1.0),
        bands=default_bands(),
        yearly=True,
        nodes=default_nodes(),
        origins=0,
        days=horizon_days,
        cases=0,
    )
