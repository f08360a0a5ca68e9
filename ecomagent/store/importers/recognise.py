"""Which layout a file has, and which of its columns is which field.

Known layouts are told by their columns' names; any other table is mapped by name and content, and
whatever is not certain becomes a doubt for the merchant to settle.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ecomagent.store.importers.columns import map_columns
from ecomagent.store.importers.fields import plain_name
from ecomagent.store.importers.parse import DecimalMark, Kind
from ecomagent.store.importers.profile import DateOrder, date_order_of, decimal_mark_of
from ecomagent.store.importers.stage import Stage
from ecomagent.store.importers.subjects import SUBJECTS, known_names
from ecomagent.store.importers.understanding import Doubt, Layout, Understanding

_MONTH_FIRST_COUNTRIES = frozenset({"US", "PH", "FM", "MH", "PW"})
_ONLINE_RETAIL = ({"invoiceno", "invoice"}, {"stockcode"}, {"invoicedate"}, {"unitprice", "price"})
_AMAZON_ORDERS = ({"amazonorderid"}, {"purchasedate"}, {"sku"}, {"quantity"}, {"itemprice"})
_SHOPIFY_ORDERS = ({"name"}, {"lineitemname"}, {"lineitemquantity"}, {"lineitemprice"})
_SHOPIFY_PRODUCTS = ({"handle", "urlhandle"}, {"title"}, {"variantprice", "price"})

_PRESETS: dict[Layout, dict[str, tuple[str, ...]]] = {
    "online_retail": {
        "order_id": ("invoiceno", "invoice"),
        "sku": ("stockcode",),
        "title": ("description",),
        "quantity": ("quantity",),
        "ordered_at": ("invoicedate",),
        "unit_price": ("unitprice", "price"),
        "customer_id": ("customerid",),
        "country": ("country",),
    },
    "amazon_orders": {
        "order_id": ("amazonorderid",),
        "line_id": ("amazonorderitemid", "orderitemid"),
        "sku": ("sku",),
        "title": ("productname",),
        "quantity": ("quantity",),
        "line_total": ("itemprice",),
        "discount": ("itempromotiondiscount",),
        "ordered_at": ("purchasedate",),
        "country": ("shipcountry",),
        "channel": ("saleschannel",),
        "currency": ("currency",),
        "status": ("orderstatus",),
    },
    "shopify_orders": {
        "order_id": ("name",),
        "line_id": ("lineitemid",),
        "sku": ("lineitemsku",),
        "title": ("lineitemname",),
        "quantity": ("lineitemquantity",),
        "unit_price": ("lineitemprice",),
        "discount": ("lineitemdiscount",),
        "ordered_at": ("createdat", "paidat"),
        "customer_id": ("customerid", "email"),
        "country": ("shippingcountry", "billingcountry"),
        "channel": ("source",),
        "currency": ("currency",),
        "status": ("financialstatus",),
        "cancelled_at": ("cancelledat",),
        "brand": ("vendor",),
    },
    "shopify_products": {
        "sku": ("variantsku", "sku"),
        "product_id": ("handle", "urlhandle"),
        "title": ("title",),
        "description": ("bodyhtml", "body", "description"),
        "category": ("productcategory", "type"),
        "brand": ("vendor",),
        "tags": ("tags",),
        "cost": ("costperitem",),
        "price": ("variantprice", "price"),
        "status": ("status", "published"),
        "on_hand": ("variantinventoryqty", "inventoryquantity"),
    },
}
_PRESET_SUBJECT: dict[Layout, str] = {
    "online_retail": "orders",
    "amazon_orders": "orders",
    "shopify_orders": "orders",
    "shopify_products": "products",
}


def understand(
    stage: Stage,
    path: Path,
    *,
    delimiter: str,
    country: str,
    timezone: str,
    chosen: Mapping[str, str],
    saved: Understanding | None,
) -> Understanding:
    """What a staged file is taken for.

    Args:
        stage: The file's rows.
        path: Its path; a tidy bundle's file is known by its name.
        delimiter: What separates its columns, which hints at the decimal mark.
        country: The shop's country, which hints at the order of day and month.
        timezone: Zone of moments without an offset.
        chosen: What ``--map`` says, already checked against the file.
        saved: What was settled on for a table with the same columns.
    """
    layout, subject, mapping, doubts, notes = _columns(stage, path, chosen, saved)
    settled = {**mapping, **{k: v for k, v in chosen.items() if k in SUBJECTS[subject].names}}
    amounts = _titles(settled, subject, Kind.MONEY, Kind.NUMBER, Kind.INTEGER)
    moments = _titles(settled, subject, Kind.MOMENT)
    order = date_order_of(stage, moments)
    day_first = _day_first(order, country, chosen, saved)
    if not order.settled and saved is None and "day_first" not in chosen:
        doubts = (*doubts, _date_doubt(stage, moments, country))
    if order.day_first and order.month_first:
        notes = (*notes, "dates are written day first and month first; the minority is refused")
    extras = _extras(stage.header, settled, subject, layout)
    return Understanding(
        file=path.name,
        layout=layout,
        subject=subject,
        mapping=settled,
        columns=stage.header,
        attributes=extras,
        decimal_mark=_decimal_mark(stage, amounts, delimiter, chosen, saved),
        day_first=day_first,
        timezone=chosen.get("timezone") or (saved.timezone if saved else timezone),
        samples={title: _samples(stage, title) for title in stage.header},
        doubts=tuple(doubt for doubt in doubts if doubt.field not in chosen),
        notes=notes,
        saved=saved is not None or bool(chosen),
    )


def _columns(
    stage: Stage, path: Path, chosen: Mapping[str, str], saved: Understanding | None
) -> tuple[Layout, str, dict[str, str], tuple[Doubt, ...], tuple[str, ...]]:
    if saved is not None:
        return saved.layout, chosen.get("subject", saved.subject), dict(saved.mapping), (), ()
    plain = {plain_name(title): title for title in reversed(stage.header)}
    layout = known_layout(stage.header)
    if layout is not None and "subject" not in chosen:
        return layout, _PRESET_SUBJECT[layout], _preset(layout, plain), (), ()
    tidy = chosen.get("subject") or _tidy_subject(path, plain)
    if tidy is not None and _has_required(tidy, plain):
        return "tidy", tidy, _tidy(tidy, plain), (), ()
    mapped = map_columns(stage, path, chosen, subject=tidy)
    return "table", mapped.subject, mapped.mapping, mapped.doubts, mapped.notes


def known_layout(header: tuple[str, ...]) -> Layout | None:
    """The well-known export whose columns these are."""
    plain = {plain_name(title) for title in header}
    for layout, groups in (
        ("shopify_orders", _SHOPIFY_ORDERS),
        ("shopify_products", _SHOPIFY_PRODUCTS),
        ("amazon_orders", _AMAZON_ORDERS),
        ("online_retail", _ONLINE_RETAIL),
    ):
        if all(group & plain for group in groups):
            return layout  # type: ignore[return-value]
    return None


def _preset(layout: Layout, plain: Mapping[str, str]) -> dict[str, str]:
    found = {
        field: next((plain[name] for name in names if name in plain), None)
        for field, names in _PRESETS[layout].items()
    }
    return {field: title for field, title in found.items() if title is not None}


def stem_of(path: Path) -> str:
    """The file's name without its endings: ``orders`` for ``orders.csv.gz``."""
    return path.name.split(".")[0].lower()


def _tidy_subject(path: Path, plain: Mapping[str, str]) -> str | None:
    if stem_of(path) in SUBJECTS:
        return stem_of(path)
    own = {name: {plain_name(field) for field in SUBJECTS[name].names} for name in SUBJECTS}
    fitting = [name for name in SUBJECTS if set(plain) <= own[name] and _has_required(name, plain)]
    return max(fitting, key=lambda name: len(_tidy(name, plain)), default=None)


def _has_required(subject: str, plain: Mapping[str, str]) -> bool:
    about = SUBJECTS[subject]
    groups = [(name,) for name in about.required] + list(about.either)
    return all(any(plain_name(name) in plain for name in group) for group in groups)


def _tidy(subject: str, plain: Mapping[str, str]) -> dict[str, str]:
    """Fields under their own names, then well-known other names for those that are missing."""
    own = {
        f.name: plain[plain_name(f.name)]
        for f in SUBJECTS[subject].fields
        if plain_name(f.name) in plain
    }
    if SUBJECTS[subject].extras and not SUBJECTS[subject].loose:
        return own
    for name, field in known_names(subject).items():
        if field not in own and name in plain and plain[name] not in own.values():
            own[field] = plain[name]
    return own


_PERSONAL = frozenset(
    [
        "name",
        "fullname",
        "firstname",
        "lastname",
        "surname",
        "email",
        "emailaddress",
        "mail",
        "phone",
        "telephone",
        "mobile",
        "address",
        "address1",
        "address2",
        "street",
        "city",
        "zip",
        "zipcode",
        "postcode",
        "postalcode",
        "birthday",
        "dateofbirth",
        "姓名",
        "真实姓名",
        "收货人",
        "电话",
        "手机",
        "手机号",
        "手机号码",
        "邮箱",
        "地址",
        "收货地址",
        "生日",
        "身份证号",
    ]
)
"""Columns about a person that are never kept."""


def _extras(
    header: tuple[str, ...], mapping: Mapping[str, str], subject: str, layout: Layout
) -> tuple[str, ...]:
    """Columns that become attributes."""
    if not SUBJECTS[subject].extras or layout == "shopify_products":
        return ()
    barred = _PERSONAL if subject == "customers" else frozenset()
    return tuple(
        title
        for title in header
        if title not in mapping.values()
        and not title.startswith(("column_", "quarantine_"))
        and plain_name(title) not in barred
    )


def _titles(mapping: Mapping[str, str], subject: str, *kinds: Kind) -> list[str]:
    fields = SUBJECTS[subject].fields
    return [mapping[f.name] for f in fields if f.name in mapping and f.kind in kinds]


def _decimal_mark(
    stage: Stage,
    titles: list[str],
    delimiter: str,
    chosen: Mapping[str, str],
    saved: Understanding | None,
) -> DecimalMark:
    if chosen.get("decimal") in (".", ","):
        return "," if chosen["decimal"] == "," else "."
    return saved.decimal_mark if saved else decimal_mark_of(stage, titles, delimiter=delimiter)


def _day_first(
    order: DateOrder, country: str, chosen: Mapping[str, str], saved: Understanding | None
) -> bool:
    if "day_first" in chosen:
        return chosen["day_first"] == "yes"
    if order.day_first != order.month_first:
        return order.day_first > order.month_first
    if saved is not None:
        return saved.day_first
    return bool(order.dotted) or country.upper() not in _MONTH_FIRST_COUNTRIES


def _date_doubt(stage: Stage, titles: list[str], country: str) -> Doubt:
    sample = next((value for title in titles for value in _samples(stage, title)), "")
    likely = "no" if country.upper() in _MONTH_FIRST_COUNTRIES else "yes"
    return Doubt(
        field="day_first",
        question=f"In dates such as “{sample}”, does the day come first?",
        proposed=likely,
        choices=("yes", "no"),
    )


def _samples(stage: Stage, title: str) -> tuple[str, ...]:
    column = stage.column(title)
    rows = stage.all(f"SELECT {column} FROM raw WHERE {column} IS NOT NULL AND n < 1000 LIMIT 3")
    return tuple(str(row[0])[:40] for row in rows)
