"""Time as the shop lives it: quiet hours, and where its day and month begin."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ecomagent.domain.errors import ConfigError
from ecomagent.plan.policy.model import Policy, span


def zone(timezone: str) -> ZoneInfo:
    """The shop's time zone.

    Raises:
        ConfigError: No such zone.
    """
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"“{timezone}” is not a time zone",
            where="shop.timezone",
            remedy="Use an IANA name such as Europe/London or Asia/Shanghai.",
        ) from error


def day_and_month_start(now: datetime, timezone: str) -> tuple[datetime, datetime]:
    """When the shop's current day and month began; what budgets count from."""
    midnight = now.astimezone(zone(timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight, midnight.replace(day=1)


def quiet_until(hours: str, moment: datetime, timezone: str) -> datetime | None:
    """When the quiet hours around a moment end, in UTC offset of the shop; None outside them."""
    limits = span(hours)
    if limits is None or limits[0] == limits[1]:
        return None
    start, end = limits
    local = moment.astimezone(zone(timezone))
    if not _within(local.time(), start, end):
        return None
    day = local.date()
    if start > end and local.time() >= start:
        day += timedelta(days=1)
    return datetime.combine(day, end, tzinfo=local.tzinfo)


def apply_quiet_until(policy: Policy, now: datetime, timezone: str) -> datetime | None:
    """When the tool may change the shop again; None if it may now."""
    return quiet_until(policy.quiet_hours.apply, now, timezone)


def _within(moment: time, start: time, end: time) -> bool:
    if start < end:
        return start <= moment < end
    return moment >= start or moment < end
