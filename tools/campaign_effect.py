"""What a contact is worth: extra orders, learnt from campaigns that left some customers alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tools.customer_features import FEATURES
from tools.uplift_learners import Experiment, honest_scores

Floats = npt.NDArray[np.float64]

COLUMNS = ["segment", "channel", "sent", "held_out", "cost_minor", "uplift", "variance"]

PRIOR_UPLIFT, PRIOR_SD = 0.008, 0.008
"""Extra orders a contact where no hold-out tells: eight in a thousand, give or take as many. Mass
mailings of shops convert between a fraction of a percent and a few percent of contacts, and
hold-outs show that part of those would have bought anyway."""
CHANNEL_SD = 0.006
"""How far segments differ within a channel; also between campaigns, where few were run."""
MIN_HELD_OUT = 20
"""Campaigns that left fewer customers alone tell nothing."""


@dataclass(frozen=True)
class Uplift:
    """Extra orders a contact.

    Attributes:
        mean: Expected share of contacts that order because of it.
        sd: Standard deviation of what one further campaign would show.
        campaigns: Past campaigns with a usable hold-out that it rests on.
        contacts: Customers contacted in them.
        held_out: Customers left alone in them.
    """

    mean: float
    sd: float
    campaigns: int
    contacts: int
    held_out: int

    @property
    def measured(self) -> bool:
        """Whether any hold-out stands behind it."""
        return self.campaigns > 0


PRIOR = Uplift(PRIOR_UPLIFT, PRIOR_SD, 0, 0, 0)


def measured_campaigns(campaigns: pd.DataFrame) -> pd.DataFrame:
    """Past campaigns whose hold-out says something, with ``uplift`` and its ``variance``.

    Args:
        campaigns: ``segment, channel, sent, held_out, converted`` and ``held_out_converted``;
            without the last one, no campaign says anything.
    """
    if campaigns.empty or "held_out_converted" not in campaigns:
        return pd.DataFrame(columns=COLUMNS)
    sent, held = (campaigns[name].astype("float64") for name in ("sent", "held_out"))
    made = campaigns.assign(
        uplift=campaigns["converted"] / sent.where(sent > 0)
        - campaigns["held_out_converted"] / held.where(held > 0),
        # Add-one rates keep the variance positive where nobody ordered.
        cost_minor=campaigns.get("cost_minor", np.nan),
        variance=_rate_variance(campaigns["converted"], sent)
        + _rate_variance(campaigns["held_out_converted"], held),
    )
    usable = (sent >= MIN_HELD_OUT) & (held >= MIN_HELD_OUT)
    return made.loc[usable, COLUMNS].reset_index(drop=True)


def measured_experiments(rows: dict[str, pd.DataFrame], campaigns: pd.DataFrame) -> pd.DataFrame:
    """The same from single customers: all orders within the window, logged as answers or not.

    What was known of customers before the campaign takes part of the noise away: the effect is
    the mean of doubly robust scores (``tools.uplift_metrics.scores``).

    Args:
        rows: Channel to rows of ``tools.customer_features.experiment_rows``.
        campaigns: ``campaign_id, segment, cost_minor``.
    """
    named = (
        campaigns.set_index("campaign_id")
        if "campaign_id" in campaigns
        else pd.DataFrame(columns=["segment", "cost_minor"])
    )
    made = [
        {
            "segment": named["segment"].get(name, ""),
            "channel": channel,
            "cost_minor": named["cost_minor"].get(name, np.nan),
            **_adjusted(part),
        }
        for channel, frame in sorted(rows.items())
        if len(frame)
        for name, part in frame.groupby("campaign_id")
    ]
    return pd.DataFrame(made, columns=COLUMNS)


def _adjusted(part: pd.DataFrame) -> dict[str, float]:
    """Effect of one campaign, orders a contact, and its variance."""
    values = part[[*FEATURES, "treated", "orders", "propensity"]].to_numpy(np.float64)
    effects = honest_scores(Experiment(values[:, :-3], values[:, -3], values[:, -2], values[:, -1]))
    sent = int(part["treated"].sum())
    held = len(part) - sent
    # Where hardly anybody ordered the scatter seen is no measure of the scatter there is.
    least = _rate_variance(pd.Series([0.0]), pd.Series([float(held)])).iloc[0]
    return {
        "sent": sent,
        "held_out": held,
        "uplift": float(effects.mean()),
        "variance": max(float(effects.var() / len(effects)), float(least)),
    }


def _rate_variance(successes: pd.Series, trials: pd.Series) -> pd.Series:
    rate = (successes.astype("float64") + 1) / (trials + 2)
    return rate * (1 - rate) / trials.where(trials > 0)


def uplift_of(measured: pd.DataFrame, channel: str, segment: str) -> Uplift:
    """Uplift of a channel for a segment: all campaigns of the channel, then the segment's own.

    Normal-normal updating: prior, then the channel's campaigns (their spread by DerSimonian and
    Laird's moment estimate, pulled towards ``CHANNEL_SD``), then, with that as the prior and
    segments differing by ``CHANNEL_SD``, campaigns to this very segment.
    """
    mine = measured[measured["channel"] == channel]
    if mine.empty:
        return PRIOR
    own = mine[mine["segment"] == segment]
    others = mine[mine["segment"] != segment]
    spread = _between(mine)
    mean, variance = PRIOR.mean, PRIOR.sd**2
    mean, variance = _update(mean, variance, others, spread)
    mean, variance = _update(mean, variance + CHANNEL_SD**2, own, spread)
    return Uplift(
        mean=float(mean),
        sd=float(np.sqrt(variance + spread)),
        campaigns=len(mine),
        contacts=int(mine["sent"].sum()),
        held_out=int(mine["held_out"].sum()),
    )


def _between(measured: pd.DataFrame) -> float:
    """Variance between campaigns beyond chance, three campaigns' worth of ``CHANNEL_SD`` added."""
    count = len(measured)
    if count < 2:
        return CHANNEL_SD**2
    uplift, weight = measured["uplift"].to_numpy(), 1 / measured["variance"].to_numpy()
    centre = (weight * uplift).sum() / weight.sum()
    excess = (weight * (uplift - centre) ** 2).sum() - (count - 1)
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    found = max(float(excess / scale), 0.0)
    return (count * found + 3 * CHANNEL_SD**2) / (count + 3)


def _update(
    mean: float, variance: float, measured: pd.DataFrame, spread: float
) -> tuple[float, float]:
    if measured.empty:
        return mean, variance
    weight = 1 / (measured["variance"].to_numpy(dtype=np.float64) + spread)
    precision = 1 / variance + weight.sum()
    updated = (mean / variance + (weight * measured["uplift"].to_numpy(np.float64)).sum()) / (
        precision
    )
    return float(updated), float(1 / precision)
