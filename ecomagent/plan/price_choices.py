"""Which prices drawn by chance were really asked, and from when: what is learnt from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ecomagent.domain.action import SetPrice
from ecomagent.domain.money import to_decimal
from ecomagent.domain.plan import Plan, ReceiptStatus

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.store.plans import PlanRepository

COLUMNS = ("sku", "start", "prices", "chances", "thompson", "challenger", "expected", "chosen",
           "best", "regret_minor_per_day")  # fmt: skip


def price_choices(
    repository: PlanRepository, *, as_of: datetime, since: datetime, challenger: str = ""
) -> pd.DataFrame:
    """Every draw that the shop carried out, one row each: the price log.

    A draw counts where its price is what the shop then asked: the drawn price was applied, or it
    fell on the present one in a plan of which another drawn price was applied. Prices that a
    reviewer edited or rejected were not chosen by chance, and are left out.

    Args:
        repository: Plans and receipts.
        as_of: Nothing done from then on is known.
        since: Plans made earlier are left out.
        challenger: Name of the challenger whose chances are wanted.

    Returns:
        ``sku, start`` (first whole day at the price, in the shop's time zone), ``chosen, best``
        (places), ``regret_minor_per_day`` and, by option, ``prices, chances, thompson, expected``
        and ``challenger`` (None where it was not asked); as ``tools.price_log`` takes it.
    """
    import pandas as pd

    plans = repository.plans_with_draws(since, as_of)
    rows = [row for plan in plans for row in _rows(repository, plan, as_of, challenger)]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.sort_values(["sku", "start"], kind="stable", ignore_index=True)


def regret_spent(choices: pd.DataFrame, *, since: date, today: date) -> pd.Series:
    """Expected gross profit given up by draws in ``[since, today)``, minor units; index ``sku``.

    Args:
        choices: From ``price_choices``.
        since: First day.
        today: A draw still in force is counted up to here.
    """
    import pandas as pd

    start = pd.to_datetime(choices["start"])
    end = start.groupby(choices["sku"]).shift(-1).fillna(pd.Timestamp(today))
    month = pd.Timestamp(since)
    days = (end - start.where(start > month, month)).dt.days.clip(lower=0)
    lost = days * choices["regret_minor_per_day"].astype("float64")
    spent: pd.Series = lost.groupby(choices["sku"]).sum()
    return spent


def _rows(
    repository: PlanRepository, plan: Plan, as_of: datetime, challenger: str
) -> Iterator[dict[str, Any]]:
    zone = ZoneInfo(plan.shop.timezone)
    applied = _applied(repository, plan, as_of)
    if not applied:
        return
    began = min(applied.values())
    for draw in plan.draws:
        known, found, sku = draw.params, draw.result, str(draw.params["sku"])
        stays = found["price_minor"] == known["current_minor"]
        moment = began if stays else applied.get(sku)
        if moment is not None:
            yield {
                "sku": sku,
                "start": moment.astimezone(zone).date() + timedelta(days=1),
                "prices": known["prices_minor"],
                "challenger": found["challenger"] if known["challenger_name"] == challenger
                else None,
                "expected": found["expected_minor_per_day"],
                "regret_minor_per_day": found["regret_minor"] / known["horizon_days"],
                **{name: found[name] for name in ("chances", "thompson", "chosen", "best")},
            }  # fmt: skip


def _applied(repository: PlanRepository, plan: Plan, as_of: datetime) -> dict[str, datetime]:
    """When each drawn price was set, by SKU; edited and rejected ones are not there."""
    currency = plan.shop.currency
    drawn = {
        str(draw.params["sku"]): to_decimal(draw.result["price_minor"], currency)
        for draw in plan.draws
    }
    skus = {action.id: action.sku for action in plan.actions if isinstance(action, SetPrice)}
    return {
        skus[receipt.action_id]: receipt.finished_at
        for receipt in repository.receipts_of(plan.plan_id)
        if receipt.status is ReceiptStatus.APPLIED
        and receipt.finished_at is not None
        and receipt.finished_at < as_of
        and _price(receipt.after_seen) == drawn.get(skus.get(receipt.action_id, ""))
    }


def _price(shown: dict[str, Any]) -> Decimal:
    return Decimal(str(shown.get("price", "NaN")))
