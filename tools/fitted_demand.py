"""What fitting demand takes long for, as one value that can be kept on disk and used again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ecomagent.domain.errors import UsageError
from tools.backtest import Calibration, calibrate
from tools.engine import HERE, Engine
from tools.forecast_band import Bands
from tools.global_demand import GlobalModel
from tools.hierarchy import Nodes
from tools.replay import fit_past
from tools.situation import Situation, read_situation

VERSION = 2
"""Changes whenever features, models or what is kept of them change."""
STALE_DAYS = 7
"""Age in days up to which a fitted model is used with newer data."""


@dataclass(frozen=True)
class FittedDemand:
    """Chosen models, their errors and the global model.

    Attributes:
        calibration: What the replays taught.
        model: The global model on all of history; None where it is not used.
        horizon_days: Horizon it was fitted for.
        fitted_to: Last day of history it has seen.
        sold: Units of the shop in the 28 days up to then: tells data that has been changed.
        country: Whose calendar was used.
    """

    calibration: Calibration
    model: GlobalModel | None = field(repr=False)
    horizon_days: int
    fitted_to: date
    sold: float
    country: str

    def to_json(self) -> str:
        """The whole as text."""
        body = asdict(self)
        body["fitted_to"] = self.fitted_to.isoformat()
        bands = self.calibration.bands
        body["calibration"]["bands"] = {
            name: getattr(bands, name).tolist() for name in ("error", "spread", "levels")
        }
        return json.dumps({"version": VERSION, **body}, sort_keys=True)

    @staticmethod
    def from_json(text: str) -> FittedDemand | None:
        """The value again; None where the text is of another version or broken."""
        try:
            body = json.loads(text)
            return _parsed(body) if body.pop("version") == VERSION else None
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def suits(self, panel: pd.DataFrame, *, horizon_days: int, country: str, today: date) -> bool:
        """Whether it may be used for a forecast from ``today`` on.

        It must not have seen a day that is still ahead, nor be older than ``STALE_DAYS``; and
        the days it was fitted on must have sold what they did then (1 % apart at most).
        """
        age = (today - self.fitted_to).days - 1
        if (self.horizon_days, self.country) != (horizon_days, country):
            return False
        if not 0 <= age <= STALE_DAYS:
            return False
        return abs(_sold(panel, self.fitted_to) - self.sold) <= 0.01 * max(self.sold, 1.0)


def fit_demand(
    panel: pd.DataFrame,
    *,
    horizon_days: int,
    seed: int = 0,
    categories: pd.Series | None = None,
    country: str = "",
    neighbours: pd.DataFrame | None = None,
    season_ends: pd.Series | None = None,
    engine: Engine = HERE,
) -> FittedDemand:
    """Choose models by replaying the past, and fit the global one.

    Args:
        panel: As ``forecast_demand`` takes it; its last day is the last that is known.
        horizon_days: Days to be forecast.
        seed: Of the rows trained on.
        categories: Category by SKU.
        country: Country of the shop (ISO 3166), for its calendar.
        neighbours: Related SKUs: ``sku``, ``neighbour``, ``weight``.
        season_ends: First day after its season, by SKU.
        engine: Where the past is replayed; the global model is fitted here.

    Raises:
        UsageError: The horizon is not positive.
    """
    if horizon_days < 1:
        raise UsageError("a forecast needs a horizon of at least one day")
    known = read_situation(
        panel, categories=categories, country=country, neighbours=neighbours,
        season_ends=season_ends,
    )  # fmt: skip
    return fit_known(known, horizon_days=horizon_days, seed=seed, engine=engine)


def fit_known(
    known: Situation, *, horizon_days: int, seed: int, engine: Engine = HERE
) -> FittedDemand:
    """The same for a situation already read."""
    calibration = calibrate(known, horizon_days, seed, engine)
    model = None
    if calibration.blended:
        model, _ = fit_past(
            known, until=known.days, days=horizon_days, yearly=calibration.yearly, seed=seed
        )
    units = known.history.values["units"][:, -28:]
    return FittedDemand(
        calibration=calibration,
        model=model,
        horizon_days=horizon_days,
        fitted_to=known.history.last_day.astype(object),
        sold=float(np.nansum(units.clip(0))),
        country=known.country,
    )


def _sold(panel: pd.DataFrame, until: date) -> float:
    last = pd.Timestamp(until)
    recent = panel[(panel["date"] <= last) & (panel["date"] > last - pd.Timedelta(days=28))]
    return float(recent["units"].clip(lower=0).sum())


def _parsed(body: dict[str, Any]) -> FittedDemand:
    calibration, model = body["calibration"], body["model"]
    bands = Bands(**{name: np.array(value, dtype=np.float64)
                     for name, value in calibration.pop("bands").items()})  # fmt: skip
    nodes = Nodes(**calibration.pop("nodes"))
    nodes = replace(nodes, levels=tuple(nodes.levels))
    if model is not None:
        model = GlobalModel(model["booster"], tuple(model["names"]), model["rows"])
    return FittedDemand(
        calibration=Calibration(bands=bands, nodes=nodes, **calibration),
        model=model,
        horizon_days=body["horizon_days"],
        fitted_to=date.fromisoformat(body["fitted_to"]),
        sold=body["sold"],
        country=body["country"],
    )
