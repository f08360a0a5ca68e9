"""What a field and a subject of a table are, and how column titles are compared."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from ecomagent.store.importers.parse import Kind


class Rule(StrEnum):
    """What must hold of a value beyond being readable."""

    ANY = "any"
    NOT_NEGATIVE = "not_negative"
    NOT_ZERO = "not_zero"
    NOT_FUTURE = "not_future"


@dataclass(frozen=True)
class FieldSpec:
    """One field of a subject.

    Args:
        name: Its name in the tidy bundle.
        kind: What it holds.
        required: Whether every row must have it.
        rule: What must hold of its value.
        names: Other names, in English and Chinese, written as ``plain_name`` leaves them.
    """

    name: str
    kind: Kind
    required: bool = False
    rule: Rule = Rule.ANY
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What a table is about.

    Args:
        name: Also the name of its file in a tidy bundle.
        fields: Its fields.
        key: Fields that name a record; empty where rows have no key of their own.
        either: Groups of fields of which at least one must be there.
        extras: Whether further columns are kept, as attributes.
        needs_sku: Whether its SKUs must be known before.
        loose: Whether well-known other names count even where further columns are attributes:
            its files are written by others.
    """

    name: str
    fields: tuple[FieldSpec, ...]
    key: tuple[str, ...] = ()
    either: tuple[tuple[str, ...], ...] = ()
    extras: bool = False
    needs_sku: bool = False
    loose: bool = False

    def field(self, name: str) -> FieldSpec:
        """The field of that name."""
        return next(field for field in self.fields if field.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all fields."""
        return tuple(field.name for field in self.fields)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that every row must have."""
        return tuple(field.name for field in self.fields if field.required)


_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_MARKS = re.compile(r"[\W_]+", re.UNICODE)


def plain_name(title: str) -> str:
    """A column's title without case, spaces, marks and bracketed units."""
    text = unicodedata.normalize("NFKC", title).lower()
    return _MARKS.sub("", _BRACKETS.sub("", text)) or _MARKS.sub("", text)
