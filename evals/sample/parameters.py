"""Every figure that the sample shop is made from, in one place: nothing is hidden in code."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class SampleParameters:
    """How the generated shop behaves; shares and effects are fractions, times are days."""

    currency: str = "CNY"
    country: str = "CN"
    timezone: str = "Asia/Shanghai"
    utc_offset: str = "+08:00"
    """Offset of the time zone, which has no summer time."""

    # Demand: units a day = base × trend × season × weekday × holiday × weather × shock ×
    # (paid price ÷ usual price) ^ elasticity × (competitor ÷ usual price) ^ cross-elasticity.
    median_units_per_day: float = 0.30
    spread_of_units: float = 0.95
    """Standard deviation of the logarithm of a SKU's base rate: few sell much, many little."""
    trend_per_year_sd: float = 0.22
    """Standard deviation of the yearly log trend of a SKU."""
    elasticity_sd: float = 0.35
    """Spread of the true own-price elasticity of SKUs around their category's."""
    cross_elasticity: float = 0.35
    """Effect of the cheapest competitor's price on our demand."""
    shock_sd: float = 0.22
    """Slow demand shock of a SKU (weekly AR(1)); prices react to it, so naive slopes are biased."""
    shock_memory: float = 0.85
    noise_shape: float = 5.0
    """Gamma shape of day-to-day noise; demand is negative binomial."""
    weekday_factor: tuple[float, ...] = (0.92, 0.90, 0.92, 0.96, 1.04, 1.16, 1.10)
    """Monday to Sunday."""
    temperature_mean: float = 17.0
    temperature_swing: float = 13.0
    temperature_noise_sd: float = 3.0

    # Prices and costs.
    price_review_days: tuple[int, int] = (60, 170)
    """Shortest and longest time between two looks at a SKU's price."""
    cost_change_days: tuple[int, int] = (50, 120)
    cost_answer_days: tuple[int, int] = (2, 15)
    """Shortest and longest time from a cost change to the look at the price that it causes."""
    cost_pass_through: tuple[float, float] = (0.7, 1.1)
    """Part of a cost change that finds its way into the list price."""
    price_reacts_to_demand: float = 0.25
    """Part of the demand shock that the merchant prices in."""
    price_noise_sd: float = 0.02
    supplier_index_sd: float = 0.0040
    """Daily step of the logarithm of a supplier's price level (exchange rate, wages)."""
    commodity_index_sd: float = 0.0030
    own_cost_step_sd: float = 0.08
    map_share: float = 0.45
    """Part of the SKUs of MAP brands that have a minimum advertised price."""
    unknown_cost_share: float = 0.03
    competitor_share: float = 0.6
    competitors: tuple[str, ...] = ("Northgate", "优品仓")

    # Promotions: (name, first day, last day as month-day, depth, share of SKUs, demand factor).
    holidays: tuple[tuple[str, str, str, float, float, float], ...] = (
        ("Women's Day / 妇女节", "03-05", "03-08", 0.10, 0.20, 1.10),
        ("618", "06-01", "06-18", 0.18, 0.45, 1.30),
        ("Back to school / 开学季", "08-25", "09-05", 0.10, 0.20, 1.08),
        ("Singles' Day / 双十一", "11-01", "11-11", 0.22, 0.60, 1.80),
        ("Double Twelve / 双十二", "12-10", "12-12", 0.15, 0.35, 1.30),
        ("Christmas / 圣诞节", "12-18", "12-25", 0.12, 0.25, 1.35),
    )
    spring_festival: tuple[str, int, int, float, float, float] = (
        "Spring Festival / 年货节", 24, 8, 0.12, 0.30, 1.35,
    )  # fmt: skip
    """Name, first and last day before the lunar new year, depth, share of SKUs, demand factor."""
    festival_lull: float = 0.55
    """Demand in the seven days from New Year's Eve on, when nobody delivers."""
    final_day_factor: float = 1.35
    """The last day of a big sale (factor of 1.3 or more) against its other days."""
    slump_factor: float = 0.88
    """The five days after a big sale."""
    own_promotions_per_year: float = 1.6
    own_promotion_days: tuple[int, int] = (7, 14)
    own_promotion_depths: tuple[float, ...] = (0.10, 0.15, 0.20, 0.25, 0.30)

    # Stock: the merchant reorders weekly on a rough forecast, so things run out and pile up.
    service_factor: float = 0.9
    """Standard normal quantile of the merchant's safety stock (about 82 % service)."""
    forecast_error_sd: float = 0.35
    review_cycle_days: int = 14
    jacket_overbuy: float = 1.8
    """Winter jackets are bought once, in September, this many times the expected season."""
    late_delivery_share: float = 0.18

    # Life of products.
    dead_share: float = 0.06
    """Stopped selling between half a year and a year ago, stock still there."""
    new_share: float = 0.06
    """Launched in the last 80 days."""
    archived_share: float = 0.03
    """Taken off sale though they sold well."""
    draft_share: float = 0.01
    late_launch_share: float = 0.25
    """Launched at some time during the history rather than before it."""

    # Customers.
    customers_per_product: float = 40 / 3
    guest_share: float = 0.12
    activity_spread: float = 1.1
    median_lifetime_days: int = 420
    favourite_factor: float = 5.0
    """How much likelier a customer is to buy from the favourite category than from another."""
    consent_yes: float = 0.62
    consent_no: float = 0.25
    """The rest never said."""
    countries: tuple[tuple[str, float], ...] = (
        ("CN", 0.82), ("HK", 0.06), ("SG", 0.05), ("MY", 0.03), ("GB", 0.02), ("US", 0.02),
    )  # fmt: skip
    channels: tuple[tuple[str, float], ...] = (("app", 0.46), ("web", 0.32), ("wechat", 0.22))
    units_per_basket: float = 1.7
    pair_share: float = 0.10
    """Part of the SKUs that have a companion bought along with them."""
    pair_strength: float = 0.55
    return_share: float = 0.035
    review_share: float = 0.035

    # Campaigns, one in two months; true uplift of the chance to order within the response window.
    campaigns_per_year: int = 6
    response_days: int = 14
    hold_out: float = 0.15
    uplift: dict[str, float] = field(default_factory=lambda: {"email": 0.018, "sms": 0.030})
    contact_cost: dict[str, float] = field(default_factory=lambda: {"email": 0.02, "sms": 0.06})


@dataclass(frozen=True)
class Calendar:
    """The days of the history."""

    first: date
    days: int

    @property
    def last(self) -> date:
        """The last day with orders."""
        return date.fromordinal(self.first.toordinal() + self.days - 1)

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """Every day."""
        return np.datetime64(self.first) + np.arange(self.days).astype("timedelta64[D]")


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each part, so that one part's changes leave others alone."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
