"""Amounts and moments are read as people write them, and nothing else is made of them."""

from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from ecomagent.domain.money import to_minor
from ecomagent.store.importers.parse import Conventions, Kind, minor, number, quick, typed

CON = duckdb.connect()
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False)
MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1))  # noqa: DTZ001


# One query reads many values: planning the expressions costs far more than running them.
MANY = settings(max_examples=6, deadline=None)


def read_all(texts: list[str], kind: Kind = Kind.MONEY, **conventions):
    expression = typed("v", kind, Conventions(**conventions))
    return ask(expression, texts)


def ask(expression: str, texts: list[str]):
    found = CON.execute(f"SELECT {expression} FROM unnest(?::VARCHAR[]) t(v)", [texts]).fetchall()
    return [row[0] for row in found]


def read(text: str, kind: Kind = Kind.MONEY, **conventions):
    return read_all([text], kind, **conventions)[0]


@MANY
@given(st.lists(AMOUNTS, min_size=20, max_size=60))
def test_any_amount_is_read_with_a_point_or_a_comma(amounts: list[Decimal]):
    assert read_all([f"{amount:f}" for amount in amounts]) == amounts
    assert read_all([f"{amount:,f}" for amount in amounts]) == amounts
    german = [f"{amount:,f}".translate(str.maketrans(",.", ".,")) for amount in amounts]
    assert read_all(german, decimal_mark=",") == amounts


@MANY
@given(st.lists(AMOUNTS.map(abs), min_size=20, max_size=60))
def test_currency_signs_around_an_amount_do_not_change_it(amounts: list[Decimal]):
    for shape in ("£{}", "{} EUR", "￥{}", "{}元", " {} ", "USD {}", "{} zł"):
        assert read_all([shape.format(f"{amount:f}") for amount in amounts]) == amounts


@MANY
@given(st.lists(st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False), min_size=20))
def test_minor_units_round_like_money_does(amounts: list[Decimal]):
    found = ask(minor(number("v"), 2), [f"{amount:f}" for amount in amounts])
    assert found == [to_minor(amount, "GBP") for amount in amounts]


@MANY
@given(st.lists(st.text(max_size=12), min_size=20))
def test_whatever_is_written_reading_never_fails(texts: list[str]):
    for kind in Kind:
        read_all([text.replace("\x00", "") for text in texts], kind)


@MANY
@given(
    st.lists(
        st.one_of(AMOUNTS.map(str), MOMENTS.map(str), st.text("0123456789-/:. ,", max_size=16)),
        min_size=20,
    )
)
def test_the_quick_way_agrees_with_the_thorough_one(texts: list[str]):
    for kind in (Kind.MONEY, Kind.MOMENT):
        fast = ask(quick("v", kind, Conventions()), texts)
        thorough = read_all(texts, kind)
        assert [f for f in fast if f is not None] == [
            t for f, t in zip(fast, thorough, strict=True) if f is not None
        ]


@MANY
@given(st.lists(MOMENTS, min_size=5, max_size=20), st.booleans())
def test_any_moment_is_read_back_to_the_second(moments: list[datetime], day_first: bool):
    moments = [moment.replace(microsecond=0) for moment in moments]
    near = "%d/%m/%Y" if day_first else "%m/%d/%Y"
    shapes = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y%m%d%H%M%S", "%Y年%m月%d日 %H:%M:%S",
              "%d %b %Y %H:%M:%S", f"{near} %H:%M:%S", f"{near} %I:%M:%S %p")  # fmt: skip
    written = [moment.strftime(shape) for shape in shapes for moment in moments]
    assert read_all(written, Kind.MOMENT, day_first=day_first) == moments * len(shapes)


@MANY
@given(st.lists(st.tuples(MOMENTS, st.integers(-12 * 4, 14 * 4)), min_size=5, max_size=20))
def test_an_offset_is_taken_into_account(pairs: list[tuple[datetime, int]]):
    moments = [moment.replace(microsecond=0) for moment, _ in pairs]
    written = []
    for moment, (_, quarters) in zip(moments, pairs, strict=True):
        local = moment + timedelta(minutes=15 * quarters)
        sign, minutes = ("-" if quarters < 0 else "+"), abs(15 * quarters)
        written.append(f"{local.isoformat()}{sign}{minutes // 60:02}:{minutes % 60:02}")
    assert read_all(written, Kind.MOMENT) == moments


ODD_AMOUNTS = {
    "(12.50)": Decimal("-12.5"),
    "12.50-": Decimal("-12.5"),
    "1'234.50": Decimal("1234.5"),
    "１２．５": Decimal("12.5"),
    "1,23": None,
    "12.5.1": None,
    "twelve": None,
    "1e5x": None,
    "n/a": None,
    "-": None,
}
ODD_MOMENTS = {
    "2024年3月5日 下午3:00": "2024-03-05 15:00",
    "45356": "2024-03-05 00:00",
    "1709648400": "2024-03-05 14:20",
    "5.3.2024": "2024-03-05 00:00",
    "Mar 5, 2024": "2024-03-05 00:00",
    "2024-03-05 10:00 PM": "2024-03-05 22:00",
    "5-Mar-24": "2024-03-05 00:00",
    "Mar-05-24": "2024-03-05 00:00",
    "2024-02-30": None,
    "31/31/2024": None,
    "yesterday": None,
}


def test_odd_amounts():
    assert dict(zip(ODD_AMOUNTS, read_all(list(ODD_AMOUNTS)), strict=True)) == ODD_AMOUNTS


def test_odd_moments():
    found = read_all(list(ODD_MOMENTS), Kind.MOMENT, day_first=True)
    shown = [moment and f"{moment:%Y-%m-%d %H:%M}" for moment in found]
    assert dict(zip(ODD_MOMENTS, shown, strict=True)) == ODD_MOMENTS


def test_a_local_moment_is_put_into_utc():
    found = read_all(
        ["2024-07-01 09:00", "2024-01-01 09:00"], Kind.MOMENT, timezone="Europe/London"
    )
    assert [f"{moment:%H:%M}" for moment in found] == ["08:00", "09:00"]
