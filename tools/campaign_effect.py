"""What a contact is worth: extra orders, learnt from campaigns that left some customers alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

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
    columns = ["segment", "channel", "sent", "held_out", "cost_minor", "uplift", "variance"]
    if campaigns.empty or "held_out_converted" not in campaigns:
        return pd.DataFrame(columns=columns)
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
    return made.loc[usable, columns].reset_index(drop=True)


def measured_experiments(rows: dict[str, pd.DataFrame], campaigns: pd.DataFrame) -> pd.DataFrame:
    """The same from single customers: whoever ordered within the window, logged or not.

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
            "cost_minor": named["cost_minor"].get(name, np.nan),
            "channel": channel,
            "sent": int(part["treated"].sum()),
            "held_out": int((part["treated"] == 0).sum()),
            "converted": int(part.loc[part["treated"] == 1, "ordered"].sum()),
            "held_out_converted": int(part.loc[part["treated"] == 0, "ordered"].sum()),
        }
        for channel, frame in sorted(rows.items())
        if len(frame)
        for name, part in frame.groupby("campaign_id")
    ]
    return measured_campaigns(pd.DataFrame(made))


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
