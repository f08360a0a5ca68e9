"""Maps the columns of an unknown table to fields, by their names and by what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import fuzz

from ecomagent.store.importers.fields import FieldSpec, Subject, plain_name
from ecomagent.store.importers.parse import Kind
from ecomagent.store.importers.profile import ColumnProfile, profile_columns
from ecomagent.store.importers.stage import Stage
from ecomagent.store.importers.subjects import SUBJECTS, known_names
from ecomagent.store.importers.understanding import Doubt

_ALIKE = 85
"""Similarity of names (0..100) from which one may be a misspelling of the other."""
_AFTER_DISCOUNT = frozenset(
    ("netsales", "实付金额", "买家实付金额", "成交金额", "应付金额", "商品实际成交金额",
     "买家实际支付金额", "订单应付金额")
)  # fmt: skip
"""Names of line totals from which the discount was taken already."""
_QUESTIONS = {
    "sku": "Which column names the article (SKU, product code)?",
    "quantity": "Which column holds the number of units?",
    "unit_price": "Which column holds the price of one unit?",
    "ordered_at": "Which column says when the order was placed?",
}


@dataclass
class Mapped:
    """Columns of an unknown table."""

    subject: str
    mapping: dict[str, str] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()


def map_columns(
    stage: Stage, path: Path, chosen: Mapping[str, str], *, subject: str | None
) -> Mapped:
    """Map columns by name, check them by content, and say what remains in doubt.

    Args:
        stage: The file's rows.
        path: Its path.
        chosen: Fields that are settled already.
        subject: What the table is about, where that is known; else a sales table is expected
            unless the names say otherwise.
    """
    about = SUBJECTS[subject or _subject(stage.header)]
    profiles = profile_columns(stage)
    settled = {k: v for k, v in chosen.items() if k in about.names}
    free = [title for title in stage.header if title not in settled.values()]
    named = _by_name(about, free, taken=set(settled))
    suiting = {
        name: title
        for name, title in named.items()
        if profiles[title].suits(about.field(name).kind)
    }
    notes = tuple(
        f"column “{title}” was not taken for {name}: its values do not fit"
        for name, title in named.items()
        if name not in suiting
    )
    mapping = {**settled, **suiting}
    paid = plain_name(mapping.get("line_total", "")) in _AFTER_DISCOUNT
    if paid and "unit_price" not in mapping and "discount" not in settled:
        mapping.pop("discount", None)
    doubts = []
    for wanted in _missing(about, mapping):
        proposed = _propose(wanted, about, stage, profiles, mapping)
        if proposed:
            mapping[wanted] = proposed
        doubts.append(_doubt(wanted, proposed, stage.header))
    return Mapped(about.name, mapping, tuple(doubts), notes)


def _subject(header: tuple[str, ...]) -> str:
    """The subject whose needed fields are all named, and most fields at all; else orders."""
    plain = [plain_name(title) for title in header]

    def matches(name: str) -> set[str]:
        names = known_names(name)
        return {names[title] for title in plain if title in names}

    complete = [
        name for name in SUBJECTS if not _missing(SUBJECTS[name], dict.fromkeys(matches(name), ""))
    ]
    if "orders" in complete or not complete:
        return "orders"
    likeliest = max(complete, key=lambda name: len(matches(name)))
    # Sales under a name that is not known lack a needed field, where a list of SKUs lacks none.
    sold = matches("orders")
    sales = sold & {"order_id", "quantity", "line_total"} and len(sold) > len(matches(likeliest))
    return "orders" if sales else likeliest


def _by_name(about: Subject, titles: list[str], taken: set[str]) -> dict[str, str]:
    """Field → the column with its best-ranked name."""
    names = known_names(about.name)
    rank = {name: position for position, name in enumerate(names)}
    found: dict[str, str] = {}
    for title in sorted(titles, key=lambda title: rank.get(plain_name(title), len(rank))):
        named = names.get(plain_name(title))
        if named and named not in taken and named not in found:
            found[named] = title
    return found


def _missing(about: Subject, mapping: Mapping[str, str]) -> list[str]:
    missing = [name for name in about.required if name not in mapping]
    missing += [group[0] for group in about.either if not any(name in mapping for name in group)]
    return missing


def _propose(
    wanted: str,
    about: Subject,
    stage: Stage,
    profiles: Mapping[str, ColumnProfile],
    mapping: Mapping[str, str],
) -> str:
    """The free column that is most likely the wanted field, or an empty string."""
    spec = about.field(wanted)
    free = [title for title in stage.header if title not in mapping.values()]
    alike = [(_likeness(spec, title), title) for title in free if profiles[title].suits(spec.kind)]
    score, title = max(alike, default=(0.0, ""))
    if score >= _ALIKE:
        return title
    fitting = [title for title in free if _fits(spec.kind, profiles[title])]
    return fitting[0] if len(fitting) == 1 else ""


def _likeness(spec: FieldSpec, title: str) -> float:
    plain = plain_name(title)
    names = [plain_name(name) for name in (spec.name, *spec.names) if len(name) > 3]
    return max((fuzz.ratio(plain, name) for name in names), default=0.0)


def _fits(kind: Kind, profile: ColumnProfile) -> bool:
    """Whether the values alone make a column a candidate."""
    if not profile.filled:
        return False
    if kind is Kind.MOMENT:
        return profile.moments > 0.9 and profile.numbers < 0.5
    if kind is Kind.INTEGER:
        return profile.whole > 0.95 and profile.moments < 0.5
    if kind is Kind.MONEY:
        return profile.numbers > 0.95 and profile.whole < 0.9
    return profile.numbers < 0.5 and profile.moments < 0.5 and profile.distinct > 1


def _doubt(wanted: str, proposed: str, header: tuple[str, ...]) -> Doubt:
    question = _QUESTIONS.get(wanted, f"Which column holds {wanted.replace('_', ' ')}?")
    return Doubt(field=wanted, question=question, proposed=proposed, choices=header)
