"""The dimensions that the global demand model looks at, by group, and what each means."""

from __future__ import annotations

from typing import NamedTuple

from tools.calendar_days import FIXED, MOVING


class Feature(NamedTuple):
    """One column of the model's input."""

    name: str
    group: str
    meaning: str


_OWN = (
    ("level", "units a day lately (half-life by its scatter, plain days, season taken out), log"),
    ("last_7", "last 7 days against the level, log"),
    ("last_28", "last 28 days against the level, log"),
    ("last_91", "last 91 days against the level, log"),
    ("last_182", "last 182 days against the level, log"),
    ("last_365", "last 365 days against the level, log"),
    ("trend", "last 28 days against the 28 before, log"),
    ("same_weekday", "last 8 days of the target's weekday against the last 56 days, log"),
    ("sold_days_28", "share of the last 28 days with a sale"),
    ("sold_days_91", "share of the last 91 days with a sale"),
    ("days_since_sale", "days since the last sale, log"),
    ("scatter", "variance over mean of daily sales, 91 days, log"),
    ("peak", "largest day of the last 28 against the level, log"),
    ("year_ago", "fortnight around the target day a year ago against the month before it, log"),
)
_AGE = (
    ("age", "days since the SKU was first on sale, log"),
    ("seen_days", "days that count among the last 182"),
)
_PRICE = (
    ("price_to_usual", "price on the target day against its mean of 91 days, log"),
    ("price_to_level", "price on the target day against its mean of 28 days, log"),
    ("price_change", "price now against that of 28 days ago, log"),
    ("price_in_category", "price against the category's median, log"),
    ("price_age", "days since the price last moved, log"),
    ("discount", "fraction off the list price on the target day"),
    ("discount_28", "mean fraction off the list price, last 28 days"),
    ("category_price", "category's prices on the target day against their mean of 28 days, log"),
)
_PROMOTION = (
    ("promo", "whether the target day is one of promotion"),
    ("promo_28", "share of promotion days in the last 28"),
    ("promo_lift", "sales on promotion days against plain ones, last year, pulled to none, log"),
    ("category_lift", "the same of its whole category, log"),
    ("days_since_promo", "days from the last promotion day to the target day, log"),
    ("category_promo", "share of the category's SKUs in promotion on the target day"),
)
_CALENDAR = (
    ("ahead", "days from the last known day to the target day"),
    ("to_season_end", "days until the SKU's season is over, where one is known"),
    ("season_factor", "seasonal factor of weekday and time of year on the target day, log"),
    ("weekday", "day of the week"),
    ("day_of_month", "day of the month"),
    ("payday", "days since wages usually came in (25th, end of month)"),
    ("holiday", "whether the target day is a public holiday of the shop's country"),
    ("to_holiday", "days until the next public holiday"),
    ("from_holiday", "days since the last public holiday"),
    ("year_sine", "time of year (only with more than 400 days of history)"),
    ("year_cosine", "time of year (only with more than 400 days of history)"),
)
_STOCK = (
    ("sold_out_28", "share of the last 28 days without stock"),
    ("sold_out_91", "share of the last 91 days without stock"),
)
_OTHERS = (
    ("returned", "returns", "units returned per unit sold, 91 days"),
    ("rival_gap", "competitor", "cheapest competitor's last price against ours on the day, log"),
    ("rival_move", "competitor", "cheapest competitor's price against that of 28 days ago, log"),
    ("rating", "reviews", "mean rating of the last 91 days against all ratings"),
    ("category_last_7", "category", "category's last 7 days against its 91, log"),
    ("category_last_28", "category", "category's last 28 days against its 91, log"),
    ("category_year_ago", "category", "category a year ago: fortnight around the day, log"),
    ("category_same_date", "category", "category on the same date last year, log"),
    ("shop_last_28", "category", "shop's last 28 days against its 91, log"),
    ("shop_same_date", "category", "shop on the same date last year, log"),
    ("category_share", "category", "SKU's share of what its category sells, log"),
    ("neighbours_last_28", "graph", "related SKUs' last 28 days against their 91, log"),
    ("neighbours_level", "graph", "related SKUs' level against the SKU's own, log"),
)

FEATURES: tuple[Feature, ...] = (
    *(Feature(name, "own sales", text) for name, text in _OWN),
    *(Feature(name, "age", text) for name, text in _AGE),
    *(Feature(name, "price", text) for name, text in _PRICE),
    *(Feature(name, "promotion", text) for name, text in _PROMOTION),
    *(Feature(name, "calendar", text) for name, text in _CALENDAR),
    *(Feature(f"from_{name}", "calendar", f"days since {name.replace('_', ' ')}, negative before")
      for name in (*FIXED, *MOVING)),
    *(Feature(name, "stock", text) for name, text in _STOCK),
    *(Feature(*each) for each in _OTHERS),
)  # fmt: skip
"""Signals given as ``signal_NAME`` add two each: their last 7 and 28 days against 91."""


def features_table() -> str:
    """The list as a Markdown table."""
    lines = ["| feature | group | meaning |", "|---|---|---|"]
    lines += [f"| `{each.name}` | {each.group} | {each.meaning} |" for each in FEATURES]
    return "\n".join(lines)
