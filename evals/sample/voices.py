"""What customers sent back and what they wrote."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evals.sample.assortment import CATEGORIES
from evals.sample.orders import GUEST
from evals.sample.parameters import Calendar, SampleParameters, stream

CHINESE = ("CN", "HK", "SG", "MY")
RATING_SD = 0.9
PRAISE = {
    "en": (("Very happy", "{praise}. Would buy again."), ("Good", "{praise}, fast delivery.")),
    "zh": (("很满意", "{praise},会回购。"), ("不错", "{praise},物流很快。")),
}
MIXED = {
    "en": (("It is all right", "{praise}, but {blame}."),),
    "zh": (("一般", "{praise},但是{blame}。"),),
}
BLAME = {
    "en": (("Disappointed", "{blame}. Not worth the price."), ("Sent it back", "{blame}.")),
    "zh": (("失望", "{blame},不值这个价。"), ("已退货", "{blame}。")),
}


def make_returns(
    parameters: SampleParameters,
    calendar: Calendar,
    lines: pd.DataFrame,
    paid_minor: pd.Series,
    seed: int,
) -> pd.DataFrame:
    """Lines that came back within three weeks.

    Columns: line (place among lines), quantity, refund_minor, day. The refund is what was paid.
    """
    rng = stream(seed, "returns")
    back = np.flatnonzero(rng.random(len(lines)) < parameters.return_share)
    day = lines["day"].to_numpy()[back] + rng.integers(4, 21, len(back))
    back, day = back[day < calendar.days], day[day < calendar.days]
    quantity = np.ceil(lines["quantity"].to_numpy()[back] * rng.uniform(0.4, 1.0, len(back)))
    return pd.DataFrame(
        {
            "line": back,
            "quantity": quantity.astype(np.int64),
            "refund_minor": quantity * paid_minor.to_numpy()[back],
            "day": day,
        }
    )


def make_reviews(
    parameters: SampleParameters,
    calendar: Calendar,
    products: pd.DataFrame,
    customers: pd.DataFrame,
    orders: pd.DataFrame,
    lines: pd.DataFrame,
    seed: int,
) -> pd.DataFrame:
    """Reviews in the customer's language.

    Columns: sku, customer (row numbers), rating (1 to 5), title, body, day.
    """
    rng = stream(seed, "reviews")
    buyer = orders["customer"].to_numpy()[lines["order"].to_numpy()]
    day = lines["day"].to_numpy() + rng.integers(3, 25, len(lines))
    writes = (rng.random(len(lines)) < parameters.review_share) & (buyer != GUEST)
    found = np.flatnonzero(writes & (day < calendar.days))
    sku = lines["sku"].to_numpy()[found]
    quality = products["quality"].to_numpy()[sku]
    rating = np.clip(np.round(rng.normal(quality, RATING_SD)), 1, 5).astype(np.int64)
    country = customers["country"].to_numpy()[buyer[found]]
    kind = products["kind"].to_numpy()[sku]
    luck = rng.random(len(found))
    texts = [
        _text(int(stars), "zh" if where in CHINESE else "en", int(category), float(dice))
        for stars, where, category, dice in zip(rating, country, kind, luck, strict=True)
    ]
    return pd.DataFrame(
        {
            "sku": sku,
            "customer": buyer[found],
            "rating": rating,
            "title": [title for title, _ in texts],
            "body": [body for _, body in texts],
            "day": day[found],
        }
    )


def _text(rating: int, language: str, kind: int, luck: float) -> tuple[str, str]:
    choices = (PRAISE if rating >= 4 else MIXED if rating == 3 else BLAME)[language]
    title, body = choices[int(luck * len(choices))]
    place = 0 if language == "en" else 1
    spec = CATEGORIES[kind]
    said = body.format(praise=spec.praise[place], blame=spec.blame[place])
    return title, said[0].upper() + said[1:]
