"""Writes customers, what was sent to them, and what they said."""

from __future__ import annotations

from ecomagent.store.importers.bulk import Written
from ecomagent.store.importers.parse import minor
from ecomagent.store.importers.spelling import quoted
from ecomagent.store.importers.stage import name
from ecomagent.store.importers.writing import (
    AT,
    Outcome,
    Writing,
    customer_key,
    moment_literal,
    moment_text,
)
from ecomagent.store.tables import CampaignEventRow, CampaignRow, CustomerRow, ReviewRow

EVENTS = ("sent", "held_out", "opened", "clicked", "converted", "unsubscribed")
"""What can happen between a campaign and a customer."""


def write_customers(writing: Writing) -> Outcome:
    """Customers under the shop's own id; names and addresses are not kept."""
    pairs = [f"{quoted(t)}, any_value({name('x_' + t)})" for t in writing.understood.attributes]
    attributes = f"json_object({', '.join(pairs)})" if pairs else "json_object()"
    written = writing.bulk.add(
        CustomerRow,
        ("id", "country", "consent_marketing", "first_seen", "attributes"),
        writing.stage.rows_of(
            f"SELECT {customer_key('customer_id')} AS key, coalesce(any_value(country), ''), "
            f"any_value(consent_marketing), {moment_text('min(first_seen)')}, "
            f"CAST(json_merge_patch('{{}}'::JSON, {attributes}) AS VARCHAR) "
            "FROM good GROUP BY key ORDER BY key"
        ),
        update=("country", "consent_marketing", "attributes"),
        earliest=("first_seen",),
    )
    return Outcome(written)


def write_campaigns(writing: Writing) -> Outcome:
    """Campaigns, one row each; rows that name a customer are events of it."""
    stage = writing.stage
    begun = f"coalesce(any_value(starts_at), min({AT})) > {moment_literal(writing.now)}"
    written = writing.bulk.add(
        CampaignRow,
        ("id", "name", "segment", "channel", "status", "starts_at", "ends_at", "cost_minor",
         "hold_out", "audience", "subject", "body", "skus"),
        stage.rows_of(
            "SELECT campaign_id, coalesce(any_value(name), campaign_id), "
            "coalesce(any_value(segment), ''), coalesce(any_value(channel), ''), "
            f"CASE WHEN {begun} THEN 'scheduled' ELSE 'sent' END, "
            f"{moment_text('coalesce(any_value(starts_at), min(' + AT + '))')}, "
            f"{moment_text('any_value(ends_at)')}, "
            f"coalesce({minor('max(cost)', writing.digits)}, 0), "
            "coalesce(CAST(any_value(hold_out) AS DOUBLE), 0), "
            "CAST(coalesce(any_value(audience), count(DISTINCT customer_id)) AS BIGINT), "
            "coalesce(any_value(subject), ''), coalesce(any_value(body), ''), '[]' "
            "FROM good GROUP BY campaign_id ORDER BY 1"
        ),
        update=("name", "segment", "channel", "starts_at", "ends_at", "cost_minor", "audience",
                "subject", "body"),
    )  # fmt: skip
    stage.execute(
        "CREATE OR REPLACE TABLE events AS SELECT campaign_id, customer_id, "
        f"coalesce(event, 'sent') AS event, coalesce({AT}, starts_at) AS happened FROM good "
        f"WHERE customer_id IS NOT NULL AND coalesce({AT}, starts_at) IS NOT NULL"
    )
    events = _add_events(writing)
    (since,) = stage.one("SELECT CAST(min(happened) AS DATE) FROM events")
    return Outcome(written, since if events.new else None)


def write_campaign_events(writing: Writing) -> Outcome:
    """Events of campaigns that may not be known otherwise."""
    stage = writing.stage
    stage.execute(
        "CREATE OR REPLACE TABLE events AS SELECT campaign_id, customer_id, event, "
        f"{AT} AS happened FROM good"
    )
    writing.bulk.add(
        CampaignRow,
        ("id", "name", "segment", "channel", "status", "starts_at", "cost_minor", "hold_out",
         "audience", "subject", "body", "skus"),
        stage.rows_of(
            "SELECT campaign_id, campaign_id, '', '', 'sent', "
            f"{moment_text('min(happened)')}, 0, 0, count(DISTINCT customer_id), '', '', '[]' "
            "FROM events GROUP BY campaign_id ORDER BY 1"
        ),
    )  # fmt: skip
    written = _add_events(writing)
    (since,) = stage.one("SELECT CAST(min(happened) AS DATE) FROM events")
    return Outcome(written, since if written.new else None)


def _add_events(writing: Writing) -> Written:
    return writing.bulk.add(
        CampaignEventRow,
        ("campaign_id", "customer_id", "kind", "at"),
        writing.stage.rows_of(
            f"SELECT DISTINCT campaign_id, {customer_key('customer_id')}, lower(event), "
            f"{moment_text('happened')} FROM events ORDER BY 1, 2, 3, 4"
        ),
    )


def write_reviews(writing: Writing) -> Outcome:
    """Reviews; one without an id is known by its content."""
    content = f"concat_ws('|', sku, customer_id, rating, title, body, {AT})"
    written = writing.bulk.add(
        ReviewRow,
        ("id", "sku", "customer_id", "rating", "title", "body", "at"),
        writing.stage.rows_of(
            f"SELECT coalesce(review_id, 'rev-' || left(md5({content}), 16)) AS key, "
            f"any_value(sku), any_value({customer_key('customer_id')}), "
            "CAST(any_value(rating) AS DOUBLE), coalesce(any_value(title), ''), "
            f"coalesce(any_value(body), ''), {moment_text(f'any_value({AT})')} "
            "FROM good GROUP BY key ORDER BY key"
        ),
        update=("rating", "title", "body"),
    )
    (since,) = writing.stage.one(f"SELECT CAST(min({AT}) AS DATE) FROM good")
    return Outcome(written, since if written.new or written.changed else None)
