"""What every SKU of a shop is called, indexed by the words one could ask for it with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from knowledge_graph.lexicon import Atom, Lexicon, retail_lexicon
from knowledge_graph.ontology import category_levels
from knowledge_graph.words import canonical, tokens

if TYPE_CHECKING:
    import pandas as pd

Key = TypeVar("Key", bound=Hashable)
Mask = npt.NDArray[np.bool_]
"""One truth value a SKU, in the order of ``Products.skus``."""


@dataclass(frozen=True, eq=False)
class Products:
    """The words of every SKU; parallel tuples, one entry a SKU.

    Attributes:
        skus: The SKUs, in the catalogue's order.
        product_ids: The product each is a variant of.
        titles: As written, empty where unknown; so are the rest.
        categories: Paths from general to special, joined by " > ".
        tags: Tags of each.
        attributes: Attributes of each, values as text.
    """

    skus: tuple[str, ...]
    product_ids: tuple[str, ...]
    titles: tuple[str, ...]
    categories: tuple[str, ...]
    brands: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...]
    attributes: tuple[tuple[tuple[str, str], ...], ...]

    @classmethod
    def of(cls, catalogue: pd.DataFrame) -> Self:
        """From a catalogue frame (``FactsView.catalogue``); only ``sku`` has to be there."""
        return cls(
            skus=_texts(catalogue, "sku"),
            product_ids=_texts(catalogue, "product_id"),
            titles=_texts(catalogue, "title"),
            categories=_texts(catalogue, "category"),
            brands=_texts(catalogue, "brand"),
            tags=tuple(_tags(value) for value in _column(catalogue, "tags")),
            attributes=tuple(_attributes(value) for value in _column(catalogue, "attributes")),
        )

    def __len__(self) -> int:
        """Number of SKUs."""
        return len(self.skus)

    @cached_property
    def position(self) -> dict[str, int]:
        """Where each SKU stands."""
        return {sku: index for index, sku in enumerate(self.skus)}

    def none(self) -> Mask:
        """No SKU at all."""
        return np.zeros(len(self), dtype=bool)

    def everything(self) -> Mask:
        """Every SKU."""
        return np.ones(len(self), dtype=bool)

    def at(self, rows: Iterable[int]) -> Mask:
        """The SKUs at these places."""
        mask = self.none()
        mask[list(rows)] = True
        return mask

    def named(self, mask: Mask) -> tuple[str, ...]:
        """The SKUs of a mask."""
        return tuple(self.skus[index] for index in np.flatnonzero(mask))

    @cached_property
    def by_category(self) -> dict[str, list[int]]:
        """Category path, at every level, to the rows in it and below it."""
        found: dict[str, list[int]] = defaultdict(list)
        for row, category in enumerate(self.categories):
            for level in category_levels(category):
                found[level].append(row)
        return dict(found)

    @cached_property
    def by_brand(self) -> dict[str, list[int]]:
        """Brand to rows."""
        return _inverted([brand] if brand else [] for brand in self.brands)

    @cached_property
    def by_tag(self) -> dict[str, list[int]]:
        """Tag to rows."""
        return _inverted(self.tags)

    @cached_property
    def by_attribute(self) -> dict[tuple[str, str], list[int]]:
        """Attribute name and value to rows."""
        return _inverted(self.attributes)

    @cached_property
    def by_title_word(self) -> dict[str, list[int]]:
        """Singular word of a title to rows."""
        return _inverted(dict.fromkeys(tokens(title)) for title in self.titles)

    @cached_property
    def by_title_concept(self) -> dict[str, list[int]]:
        """Concept that a title names to rows."""
        lexicon = retail_lexicon()
        return _inverted(lexicon.concepts(title) for title in self.titles)

    @cached_property
    def canonical_titles(self) -> tuple[str, ...]:
        """Titles in comparable form."""
        return tuple(canonical(title) for title in self.titles)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The retail lexicon with this shop's own names."""
        names = [
            *(part for path in self.by_category for part in (path, *aliases_of(path))),
            *self.by_brand,
            *(part for brand in self.by_brand for part in tokens_by_script(brand)),
            *(part for tag in self.by_tag for part in (tag, *aliases_of(tag))),
            *(part for _, value in self.by_attribute for part in (value, *aliases_of(value))),
        ]
        return retail_lexicon().knowing(names)


def aliases_of(category: str) -> tuple[str, ...]:
    """What the last level of a category path may be called: “Mugs & cups” is both.

    >>> aliases_of("Kitchen > Mugs & cups / 马克杯")
    ('Mugs', 'cups', '马克杯')
    """
    last = category.rsplit(">", 1)[-1]
    for joint in ("&", "/", "|", ",", "、", "，", "(", ")", "（", "）", " and ", "和"):
        last = last.replace(joint, "\n")
    return tuple(part.strip() for part in last.split("\n") if part.strip())


def tokens_by_script(name: str) -> tuple[str, ...]:
    """The Latin and the Chinese part of a name that is written in both (“Jingde 景德”)."""
    words = tokens(name)
    latin = [word for word in words if word.isascii()]
    other = [word for word in words if not word.isascii()]
    return (" ".join(latin), " ".join(other)) if latin and other else ()


def heads(name: str) -> tuple[Atom, ...]:
    """What a category is about: the last atom of each of its aliases, as the noun stands last."""
    parsed = (retail_lexicon().parse(alias) for alias in aliases_of(name))
    return tuple(atoms[-1] for atoms in parsed if atoms)


def _inverted(keys_of_rows: Iterable[Iterable[Key]]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = defaultdict(list)
    for row, keys in enumerate(keys_of_rows):
        for key in keys:
            found[key].append(row)
    return dict(found)


def _column(frame: pd.DataFrame, name: str) -> Iterable[Any]:
    return frame[name] if name in frame.columns else [None] * len(frame)


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    return " ".join(str(value).split())


def _texts(frame: pd.DataFrame, name: str) -> tuple[str, ...]:
    return tuple(_text(value) for value in _column(frame, name))


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return ()
    return tuple(dict.fromkeys(filter(None, map(_text, value))))


def _attributes(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        return ()
    return tuple(
        (str(name), _text(said)) for name, said in sorted(value.items()) if _text(said) != ""
    )
