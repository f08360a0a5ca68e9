"""The facts as somebody at one moment could know them; nothing dated later is ever read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

import pandas as pd

from ecomagent.domain.evidence import DataRef
from ecomagent.store.facts import queries
from ecomagent.store.facts.files import Tables
from ecomagent.store.facts.panel import dense_panel

COMPETITOR_DAYS = 90
"""Days after which a competitor's price that was not seen again no longer counts."""


class FactsView:
    """Reads the facts as of a moment.

    Flows (orders, returns, reviews…) are those of whole days before ``today``. What holds at a
    moment (prices, costs, stock, promotions) is what rows dated before ``as_of`` say. Titles,
    categories, statuses and the like carry no date in the store and are as they are now. A SKU
    or customer is there once anything dated before ``today`` mentions it; one that carries no
    date at all has always been there.

    Args:
        tables: The facts' files.
        as_of: The moment, UTC.
        today: Its day in the shop's time zone.
    """

    def __init__(self, tables: Tables, as_of: datetime, today: date) -> None:
        self._tables = tables
        self.as_of = as_of
        self.today = today

    @property
    def hash(self) -> str:
        """Content hash of the facts read."""
        return self._tables.manifest.hash

    @property
    def currency(self) -> str:
        """Currency of every ``*_minor`` column."""
        return self._tables.manifest.currency

    @property
    def timezone(self) -> str:
        """Time zone whose calendar days the facts go by."""
        return self._tables.manifest.timezone

    @property
    def _moment(self) -> dict[str, Any]:
        return {"as_of": self.as_of, "today": self.today}

    @cached_property
    def _spans(self) -> pd.DataFrame:
        """SKU, first day seen, first and last day sold; sorted by SKU."""
        return self._tables.frame(queries.SPANS, {"today": self.today})

    @cached_property
    def _history_start(self) -> date | None:
        found = self._tables.query(queries.HISTORY_START, {"today": self.today}).fetchone()
        day: date | None = found[0] if found else None
        return day

    def catalogue(self) -> pd.DataFrame:
        """One row a SKU, sorted by ``sku``.

        Columns: ``sku, product_id, title, description, category, brand, tags`` (list of str),
        ``attributes`` (dict), ``status``; ``list_price_minor``, ``price_minor`` (what a customer
        pays: the promotion's price while one runs), ``cost_minor``, ``map_price_minor``;
        ``on_hand``, ``inbound``, ``stock_at`` (when it was counted); ``supplier_id``,
        ``lead_time_days``, ``min_order``, ``case_pack``; ``first_seen``, ``first_sold``,
        ``last_sold`` (days); ``price_source`` (``observed`` where the list price was read off
        orders, else ``list``), ``promotion_id``, ``competitor_price_minor`` (the lowest seen in
        the last 90 days). Numbers are float64 with NaN for unknown, texts None.
        """
        return self._catalogue.copy()

    @cached_property
    def _catalogue(self) -> pd.DataFrame:
        found = self._tables.frame(
            queries.CATALOGUE,
            self._moment | {"competitor_days": COMPETITOR_DAYS},
            frames={"spans": self._spans},
        )
        found["tags"] = [json.loads(text) for text in found["tags"]]
        found["attributes"] = [json.loads(text) for text in found["attributes"]]
        return found.astype(dict.fromkeys(queries.CATALOGUE_NUMBERS, "float64"))

    def panel(
        self,
        *,
        since: date | None = None,
        skus: Sequence[str] | None = None,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Dense daily rows of each SKU from its first day (or ``since``) up to yesterday.

        Sorted by ``sku`` (a category) and ``date``. Sums of a day without sales are 0; prices,
        costs and stock are what held at the end of the day, NaN before they were first known.
        No row is older than the shop's first order: what was sold before is not known. Days after
        the last import are rows too: nothing is known to have been sold on them.

        Columns: ``units``, ``returns`` (int32); ``revenue_minor`` (after discounts),
        ``refund_minor``, ``paid_price_minor`` (mean, NaN without sales), ``list_price_minor``,
        ``cost_minor``, ``competitor_price_minor`` (float64); ``discount`` (fraction off the list
        price, of what was paid or else asked), ``on_hand`` (float32); ``promo`` (bool); and
        ``signal_<name>`` where asked for (that day's mean, NaN without one).

        Args:
            since: First day wanted.
            skus: Only these; all where None.
            columns: Only these besides ``sku`` and ``date``; all but signals where None.

        Raises:
            FactsError: There is no such column.
        """
        spans = self._spans.dropna(subset=["first_seen"])
        if skus is not None:
            spans = spans[spans["sku"].isin(set(skus))]
        return dense_panel(
            self._tables,
            spans,
            today=self.today,
            since=max(filter(None, (since, self._history_start)), default=None),
            columns=columns,
            competitor_days=COMPETITOR_DAYS,
        )

    def customers(self) -> pd.DataFrame:
        """One row a customer, sorted by ``customer_id``.

        Columns: ``customer_id, country, consent_marketing`` (nullable boolean), ``first_order``,
        ``last_order`` (days), ``orders, order_days`` (days with an order), ``units,
        revenue_minor, refund_minor`` (int64).
        """
        found = self._tables.frame(queries.CUSTOMERS, {"today": self.today})
        sums = ["orders", "order_days", "units", "revenue_minor", "refund_minor"]
        return found.astype(dict.fromkeys(sums, "int64") | {"consent_marketing": "boolean"})

    def order_lines(
        self, *, since: date | None = None, skus: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Lines sold: ``order_id, customer_id, sku, date, quantity, revenue_minor``.

        Args:
            since: First day wanted.
            skus: Only these; all where None.
        """
        wanted = None if skus is None else pd.DataFrame({"sku": pd.Series(list(skus), dtype=str)})
        return self._tables.frame(
            queries.ORDER_LINES.format(
                only="" if wanted is None else "AND sku IN (SELECT sku FROM wanted)"
            ),
            {"today": self.today, "since": since or date.min},
            frames={} if wanted is None else {"wanted": wanted},
        )

    def purchase_orders(self) -> pd.DataFrame:
        """What was ordered from suppliers.

        Columns: ``id, sku, supplier_id, quantity, ordered_on``, and ``received_on`` (days; NaT
        where nothing had arrived by then).
        """
        return self._tables.frame(
            queries.PURCHASE_ORDERS, {"as_of": self.as_of, "zone": self.timezone}
        )

    def campaigns(self) -> pd.DataFrame:
        """One row a campaign that began, and how many customers did what by then.

        Columns: ``campaign_id, segment, channel, starts_at`` (UTC), ``cost_minor``, and
        numbers of customers: ``sent, held_out, opened, clicked, converted`` (of those not held
        out), ``held_out_converted`` (int64).
        """
        return self._tables.frame(queries.CAMPAIGNS, {"today": self.today})

    def supplier_offers(self) -> pd.DataFrame:
        """What suppliers offer that is not in the catalogue, sorted by ``sku`` and ``supplier``.

        Columns: ``sku, supplier`` (empty where the list names none), ``title, category, brand``,
        ``cost_minor, list_price_minor`` (suggested), ``min_order, case_pack, lead_time_days``
        (float64, NaN for unknown), ``attributes`` (dict), ``seen_at`` (UTC): the newest offer of
        each supplier that was known by then.
        """
        found = self._tables.frame(
            queries.SUPPLIER_OFFERS, {"as_of": self.as_of}, frames={"spans": self._spans}
        )
        found["attributes"] = [json.loads(text) for text in found["attributes"]]
        return found.astype(dict.fromkeys(queries.SUPPLIER_OFFER_NUMBERS, "float64"))

    def campaign_events(self) -> pd.DataFrame:
        """Who was written to, who was left alone, and what they did, of campaigns on file.

        Columns: ``campaign_id, segment, channel, customer_id, kind`` (sent, held_out, opened,
        clicked, converted, unsubscribed), ``at`` (UTC), ``date``; sorted by day.
        """
        return self._tables.frame(queries.CAMPAIGN_EVENTS, {"today": self.today})

    def customer_orders(self) -> pd.DataFrame:
        """One row an order of a known customer, sorted by customer and day.

        Columns: ``customer_id, order_id, date, units, revenue_minor`` (after discounts).
        """
        return self._tables.frame(queries.CUSTOMER_ORDERS, {"today": self.today})

    def activity(self) -> pd.DataFrame:
        """When customers act, by the shop's clock: counts only, nobody named.

        Columns: ``kind`` (order, opened, clicked), ``weekday`` (0 is Monday), ``hour``
        (0 to 23), ``count``.
        """
        return self._tables.frame(
            queries.ACTIVITY, {"today": self.today, "zone": self.timezone}
        ).astype(dict.fromkeys(("weekday", "hour", "count"), "int64"))

    def signals(self) -> pd.DataFrame:
        """Figures from outside: ``name, date, value`` (the day's mean)."""
        return self._tables.frame(queries.SIGNALS, {"today": self.today})

    def reviews(self) -> pd.DataFrame:
        """What customers wrote: ``sku, at`` (UTC), ``rating, title, body``."""
        return self._tables.frame(queries.REVIEWS, {"today": self.today})

    def ref(self, source: str, *, rows: int | None = None, **selector: Any) -> DataRef:
        """Names what was read, for evidence.

        Args:
            source: Table or method, e.g. ``panel``.
            rows: How many rows it was.
            **selector: Which rows, e.g. ``sku="A1"``.
        """
        plain = {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in selector.items()
        }
        return DataRef(
            source=source, selector=plain, as_of=self.as_of, facts_hash=self.hash, rows=rows
        )
