"""What a phrase means among a shop's products: each atom looked for where it should stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce

from knowledge_graph.lexicon import Atom, Lexicon, Sort, retail_lexicon
from knowledge_graph.ontology import Kind, node
from knowledge_graph.products import Mask, Products, aliases_of, heads, tokens_by_script
from knowledge_graph.words import canonical, contains, fold, is_cjk

EVERYTHING = "everything"
STATE = "state"
TITLE = "title"
TERM = "term:"
"""Begins the name of what is no node of the graph: words as the goal says them."""
SLIP_LENGTHS = ((8, 2), (5, 1))
"""From so many letters on, so many slips of the pen are forgiven."""


@dataclass(frozen=True, eq=False)
class Meaning:
    """What a phrase stands for.

    Attributes:
        mask: The SKUs.
        kind: ``category``, ``brand``, ``tag``, ``attribute``, ``sku``, ``product``, ``title``,
            ``state``, or ``everything``; of several atoms, the kind of the one that says most.
        targets: Nodes of the graph it names; ``term:…`` for words that only stand in titles.
        quality: Only says how products are (red, for women), not what they are.
    """

    mask: Mask
    kind: str
    targets: tuple[str, ...]
    quality: bool = False

    @property
    def found(self) -> bool:
        """Whether any SKU is meant; a state that holds for none is an answer too."""
        return bool(self.mask.any()) or self.kind == STATE


_SAYS_MOST = ("sku", "product", "category", "brand", "tag", "attribute", TITLE, STATE, EVERYTHING)


class PhraseReader:
    """Reads phrases against the products of one shop.

    Args:
        products: What is sold.
        states: The lexicon's states to the SKUs that they hold for.
    """

    def __init__(self, products: Products, states: Mapping[str, Mask]) -> None:
        self.products = products
        self._states = states
        self.lexicon: Lexicon = products.lexicon

    def atoms(self, phrase: str) -> tuple[Atom, ...]:
        """The parts of a phrase that mean something."""
        parsed = self.lexicon.parse(phrase)
        return tuple(atom for atom in parsed if atom.sort is not Sort.IGNORED)

    def read(self, phrase: str) -> Meaning | None:
        """What a phrase means; None where nothing in the shop is called that."""
        named = self.named(phrase)
        if named is not None:
            return named
        atoms = self.atoms(phrase)
        if not atoms:
            said = self.lexicon.parse(phrase)
            return Meaning(self.products.everything(), EVERYTHING, ()) if said else None
        return (
            self._together(atoms, phrase, wide=False)
            or self._as_written(atoms, phrase)
            or self._together(atoms, phrase, wide=True)
            or self._taken_apart(atoms, phrase)
        )

    def knows_any(self, phrase: str) -> bool:
        """Whether any part of a phrase is a word of this shop."""
        return any(self._anywhere(atom).found for atom in self.atoms(phrase))

    def corrected(self, phrase: str) -> str:
        """The phrase with unknown words put right where only one word of the shop is meant.

        >>> reader.corrected("canlde holders")  # doctest: +SKIP
        'candle holder'
        """
        return " ".join(
            self._put_right(atom.text) if atom.sort is Sort.WORD else atom.text
            for atom in self.atoms(phrase)
        )

    def _put_right(self, word: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        slips = next((most for length, most in SLIP_LENGTHS if len(word) >= length), 0)
        if not slips or not word.isascii() or word in self.products.by_title_word:
            return word
        near = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=slips, limit=5)
        nearest = [str(other) for other, distance, _ in near if distance == near[0][1]]
        known = [other for other in nearest if other in self.lexicon.single_words] or nearest
        return known[0] if len(known) == 1 else word

    @cached_property
    def _words(self) -> list[str]:
        """Words that a slip of the pen can have meant, each of a length that is worth it."""
        known = {*self.products.by_title_word, *self.lexicon.single_words}
        shortest = SLIP_LENGTHS[-1][0] - 1
        return sorted(word for word in known if word.isalpha() and len(word) >= shortest)

    def named(self, phrase: str) -> Meaning | None:
        """What bears exactly this name: a category, brand, tag, SKU, product or attribute."""
        products, wanted = self.products, fold(phrase.strip())
        for kind, names in (
            (Kind.CATEGORY, products.by_category), (Kind.BRAND, products.by_brand),
            (Kind.TAG, products.by_tag),
        ):  # fmt: skip
            found = [name for name in names if fold(name) == wanted]
            if found:
                rows = {row for name in found for row in names[name]}
                targets = tuple(node(kind, name) for name in found)
                return Meaning(products.at(rows), kind.value, targets, kind is Kind.TAG)
        for kind, values in ((Kind.SKU, products.skus), (Kind.PRODUCT, products.product_ids)):
            rows = {row for row, value in enumerate(values) if value and fold(value) == wanted}
            if rows:
                return Meaning(products.at(rows), kind.value, (node(kind, values[min(rows)]),))
        return None

    def _together(
        self, atoms: Sequence[Atom], phrase: str, *, wide: bool, apart: bool = False
    ) -> Meaning | None:
        """SKUs that every atom agrees on."""
        look = self._anywhere if wide else self._where_it_belongs
        meanings = [look(atom) for atom in atoms]
        if not all(meaning.found for meaning in meanings):
            return None
        mask = reduce(lambda one, other: one & other, (meaning.mask for meaning in meanings))
        states = all(meaning.kind == STATE for meaning in meanings)
        if not mask.any() and not states and not any(m.kind == STATE for m in meanings):
            return None
        first = min(meanings, key=lambda meaning: _SAYS_MOST.index(meaning.kind))
        ordered = [first, *(meaning for meaning in meanings if meaning is not first)]
        targets = dict.fromkeys(t for meaning in ordered for t in meaning.targets)
        nodes = tuple(target for target in targets if not target.startswith(TERM))
        quality = all(meaning.quality for meaning in meanings)
        return Meaning(mask, first.kind, (*nodes, f"{TERM}{phrase}"), quality)

    def _as_written(self, atoms: Sequence[Atom], phrase: str) -> Meaning | None:
        """Titles that hold the whole phrase word by word."""
        rows = self._titles_with(canonical(phrase))
        if not rows or len(atoms) < 2:
            return None
        return Meaning(self.products.at(rows), TITLE, (f"{TERM}{phrase}",))

    def _taken_apart(self, atoms: Sequence[Atom], phrase: str) -> Meaning | None:
        """The phrase with its longer spellings cut up: a winter jacket is a jacket for winter."""
        parts: list[Atom] = []
        for atom in atoms:
            parts.extend(self.lexicon.parts_of(atom) or (atom,))
        parts = [part for part in parts if part.sort is not Sort.IGNORED]
        if tuple(parts) == tuple(atoms) or not parts:
            return None
        return self._together(parts, phrase, wide=False) or self._together(parts, phrase, wide=True)

    def _where_it_belongs(self, atom: Atom) -> Meaning:
        if atom.sort is Sort.STATE:
            return self._state(atom)
        quality = atom.sort is Sort.QUALITY
        if not quality:
            for look in (self._category, self._brand):
                meaning = look(atom)
                if meaning.found:
                    return meaning
        said = self._said_of_it(atom)
        titled = self._title(atom)
        if said.found and not (quality or titled.found):
            return replace(said, quality=True)
        kind = said.kind if said.found else TITLE
        targets = said.targets or titled.targets
        return Meaning(said.mask | titled.mask, kind, targets, quality)

    def _anywhere(self, atom: Atom) -> Meaning:
        if atom.sort is Sort.STATE:
            return self._state(atom)
        meanings = [self._category_word(atom), self._brand(atom), self._said_of_it(atom),
                    self._title(atom)]  # fmt: skip
        mask = reduce(lambda one, other: one | other, (meaning.mask for meaning in meanings))
        targets = tuple(t for meaning in meanings for t in meaning.targets if meaning.found)
        first = next((meaning.kind for meaning in meanings if meaning.found), TITLE)
        return Meaning(mask, first, targets, atom.sort is Sort.QUALITY)

    def _state(self, atom: Atom) -> Meaning:
        mask = self._states.get(atom.concept, self.products.none())
        return Meaning(mask, STATE, (f"state:{atom.concept}",), quality=True)

    def _same(self, atom: Atom, other: Atom) -> bool:
        """Whether another atom says the same, or names a kind of it."""
        if atom.concept and other.concept:
            return other.concept in self.lexicon.kinds_of(atom.concept)
        return atom.text == other.text

    def places(self, atom: Atom) -> dict[str, Mask]:
        """Where an atom stands: title, category, brand, tag or attribute, each with its SKUs."""
        said = self._said_of_it(atom)
        return {
            "title": self._title(atom).mask,
            "category": self._category_word(atom).mask,
            "brand": self._brand(atom).mask,
            "attribute": said.mask,
        }

    def spelt(self, atom: Atom) -> frozenset[str]:
        """Every canonical spelling of what an atom says."""
        spelt = self.lexicon.spellings_of(atom.concept) if atom.concept else frozenset()
        return spelt | {atom.text}

    def _category(self, atom: Atom) -> Meaning:
        """Categories called so, or whose noun it is; and titles that lack a category."""
        spelt = self.spelt(atom)
        found = [
            path
            for path in self.products.by_category
            if any(canonical(alias) in spelt for alias in aliases_of(path))
            or any(self._same(atom, head) for head in heads(path))
        ]
        meaning = self._of(Kind.CATEGORY, found, self.products.by_category)
        if not found:
            return meaning
        unplaced = self.products.at(
            row for row, category in enumerate(self.products.categories) if not category
        )
        return replace(meaning, mask=meaning.mask | (self._title(atom).mask & unplaced))

    def _category_word(self, atom: Atom) -> Meaning:
        """Categories that have it anywhere in their name."""
        spelt = self.spelt(atom)
        found = [
            path
            for path in self.products.by_category
            if any(contains(canonical(path), each) for each in spelt)
        ]
        return self._of(Kind.CATEGORY, found, self.products.by_category)

    def _brand(self, atom: Atom) -> Meaning:
        found = [
            brand
            for brand in self.products.by_brand
            if atom.text in (canonical(brand), *tokens_by_script(brand))
        ]
        return self._of(Kind.BRAND, found, self.products.by_brand)

    def _said_of_it(self, atom: Atom) -> Meaning:
        """Tags and attribute values that say it."""
        tags = [tag for tag in self.products.by_tag if self._says(tag, atom)]
        values = {value for _, value in self.products.by_attribute}
        said = {value for value in values if self._says(value, atom)}
        pairs = [pair for pair in self.products.by_attribute if pair[1] in said]
        by_tag = self._of(Kind.TAG, tags, self.products.by_tag)
        rows = [row for pair in pairs for row in self.products.by_attribute[pair]]
        targets = tuple(node(Kind.ATTRIBUTE, "=".join(pair)) for pair in pairs)
        kind = Kind.ATTRIBUTE if pairs else Kind.TAG
        return Meaning(
            by_tag.mask | self.products.at(rows), kind.value, targets + by_tag.targets, True
        )

    def _says(self, value: str, atom: Atom) -> bool:
        if atom.text in (canonical(value), *map(canonical, aliases_of(value))):
            return True
        return bool(atom.concept) and any(
            self._same(atom, other) for other in retail_lexicon().parse(value, title=True)
        )

    def _title(self, atom: Atom) -> Meaning:
        """Titles that name it."""
        rows: set[int] = set()
        if atom.concept:
            for kind in self.lexicon.kinds_of(atom.concept):
                rows.update(self.products.by_title_concept.get(kind, ()))
        else:
            rows = self._titles_with(atom.text)
        return Meaning(self.products.at(rows), TITLE, (f"{TERM}{atom.text}",))

    def _titles_with(self, text: str) -> set[int]:
        if not text:
            return set()
        if " " not in text and not is_cjk(text):
            return set(self.products.by_title_word.get(text, ()))
        titles = self.products.canonical_titles
        return {row for row, title in enumerate(titles) if contains(title, text)}

    def _of(self, kind: Kind, names: Sequence[str], index: Mapping[str, Iterable[int]]) -> Meaning:
        rows = {row for name in names for row in index[name]}
        return Meaning(
            self.products.at(rows), kind.value, tuple(node(kind, name) for name in names)
        )
