"""Reads which products a goal is about and which it leaves out."""

from __future__ import annotations

import re
from itertools import pairwise

from ecomagent.agents.goal.draft import Draft, Issue, Item
from ecomagent.agents.goal.glue import Glue
from ecomagent.agents.goal.marked import NAMES, read_marked
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.signs import SIGNS, Phrase
from ecomagent.agents.goal.text import fold
from ecomagent.agents.goal.tokens import FIGURES, Kind, scan
from ecomagent.agents.goal.vocabulary import FIELDS, Name, Vocabulary
from ecomagent.domain.goal import Exclusion, Objective, Scope

SALE_ITEMS = "sale items"
DEAD_STOCK = "dead stock"
STATES = {Phrase.ON_SALE: SALE_ITEMS, Phrase.DEAD_STOCK: DEAD_STOCK}
"""What a scope's text says, in either language, for products that only figures can tell."""
_SALE_WORDS = ("sale", "on sale", "sale items", "促销", "特价")
_JOINERS = frozenset({"of", "for", "with", "the", "in", "的"})
_NOMINAL = re.compile(
    r"an?|the|these|those|our|my|your|all|any|some|every|of|for|in|on|from|with|to|into|more|most"
    r"|products?|items?|goods|articles?|lines?|range|things|stuff|please|thanks|thank|you|only|just"
    r"|focus|push|sell|grow|mainly|primarily|especially|particularly|priority|limit|restrict"
    r"|[的把将对在给请]|商品|产品|货品|单品|系列|类目?|全部|所有|我们的?|本店|店[里铺]|谢谢|等|主推|主打|推|卖|重点|尤其|优先|主要"
)
_NOUN_NOTS = frozenset({"no", "not", "without", "nor", "无", "没有"})


def read_products(sentence: Sentence, draft: Draft, vocabulary: Vocabulary) -> None:
    """Read the names and descriptions of products into items of the draft."""
    read_marked(sentence, draft, vocabulary)
    reader = _Reader(sentence, draft, vocabulary)
    for segment in sentence.segments():
        reader.read(segment)


def scope_of(draft: Draft) -> Scope:
    """The scope that the draft's items make."""
    return Scope(
        **_fields(draft, excluded=False), exclude=Exclusion(**_fields(draft, excluded=True))
    )


def _fields(draft: Draft, *, excluded: bool) -> dict[str, tuple[str, ...] | str | None]:
    found: dict[str, tuple[str, ...] | str | None] = {}
    for field in FIELDS:
        values = [
            value
            for item in draft.items
            if item.field == field and item.excluded is excluded
            for value in item.values
        ]
        found[field] = tuple(dict.fromkeys(values))
    texts = [
        value
        for item in draft.items
        if item.field == "text" and item.excluded is excluded
        for value in item.values
    ]
    found["text"] = ", ".join(dict.fromkeys(texts)) or None
    return found


class _Reader:
    """Goes through the segments in order, remembering whether an exception is being listed."""

    def __init__(self, sentence: Sentence, draft: Draft, vocabulary: Vocabulary) -> None:
        self.sentence = sentence
        self.draft = draft
        self.vocabulary = vocabulary
        self.excluding = False
        self.listing = False
        self._limits_to_stock = not any(
            objective is Objective.CLEAR_STOCK for objective, _ in draft.objectives
        )
        """“Dead stock” is what clearing is about anyway; for other goals it names products."""

    def read(self, segment: list[int]) -> None:
        """Read one segment, clause by clause."""
        if not self._continues(segment):
            self.excluding = False
        start = len(self.draft.items)
        for clause in self._clauses(segment):
            if clause and self._speaks_of_products(clause, segment):
                self._read_clause(clause, segment, start)
            elif clause:
                self._ask_about(clause, segment)
        named = {*NAMES, Kind.MARKER}
        self.listing = any(self.sentence.tokens[i].kind in named for i in segment)

    def _clauses(self, segment: list[int]) -> list[list[int]]:
        """The segment cut at “and”; lists joined by 、 or & stay whole."""
        clauses: list[list[int]] = [[]]
        for index in segment:
            token = self.sentence.tokens[index]
            if token.kind is Kind.BREAK and token.value == "and":
                clauses.append([])
            clauses[-1].append(index)
        return clauses

    def _read_clause(self, clause: list[int], segment: list[int], start: int) -> None:
        run: list[int] = []
        for index in clause:
            spent = index in self.sentence.spent
            if self._is_name(index):
                run.append(index)
            elif not (run and self._joins(index)):
                self._close(run, segment)
                run = []
                if not spent or self.sentence.tokens[index].kind is Kind.OBJECTIVE:
                    self._turn(index, segment, start)
        self._close(run, segment)

    def _ask_about(self, clause: list[int], segment: list[int]) -> None:
        """A clause with unknown words that cannot be products is asked about as a whole."""
        names = [i for i in clause if self._is_name(i)]
        if not names:
            return
        limited = any(
            self.sentence.tokens[i].kind is Kind.METRIC and i in self.sentence.spent for i in clause
        )
        if limited:
            quote = " ".join(self.sentence.quote(*names).split())
            self.draft.ask(Issue.LIMIT_SCOPE, "constraints", quote)
        else:
            free = [
                i
                for i in clause
                if i not in self.sentence.spent
                and self.sentence.tokens[i].kind not in (Kind.BREAK, Kind.WHEN)
            ]
            self.draft.ask(Issue.UNREAD, "text", self.sentence.quote(*free))
            self.sentence.spend(*free)
        self.sentence.spend(*names)

    def _is_name(self, index: int) -> bool:
        token = self.sentence.tokens[index]
        if index in self.sentence.spent:
            return False
        if token.kind is Kind.GLUE and token.value == "stock":
            return self._limits_to_stock
        if token.kind is Kind.PHRASE:
            return token.value in STATES
        return token.kind in NAMES

    def _continues(self, segment: list[int]) -> bool:
        """Whether a segment only goes on with the list that the one before it began."""
        kinds = {self.sentence.tokens[i].kind for i in segment if i not in self.sentence.spent}
        return self.listing and kinds <= {Kind.NAME, Kind.WORDS, Kind.QUOTED, Kind.GLUE, Kind.BREAK,
                                          Kind.WHEN, Kind.PHRASE}  # fmt: skip

    def _speaks_of_products(self, clause: list[int], segment: list[int]) -> bool:
        """Whether unknown words in a clause can be products rather than a limit or an order."""
        sentence = self.sentence
        tokens = [sentence.tokens[i] for i in clause]
        kinds = {token.kind for token in tokens}
        nots = sentence.free(clause, Kind.NOT)
        if any(sentence.said(i) not in _NOUN_NOTS for i in nots):
            return False
        if kinds & {Kind.OBJECTIVE, Kind.EXCEPT, Kind.ONLY, Kind.MARKER}:
            return True
        if kinds & {Kind.METRIC, Kind.BOUND, Kind.ACTIVITY, *FIGURES}:
            return False
        plain = all(
            token.kind is not Kind.GLUE
            or token.value in ("stock", Glue.GROW)
            or _NOMINAL.fullmatch(sentence.said(i))
            for i, token in zip(clause, tokens, strict=True)
        )
        opens = clause[0] == 0 or self._continues(segment) or clause[0] != segment[0]
        return bool(nots) or (plain and opens) or (Kind.NAME in kinds and plain)

    def _joins(self, index: int) -> bool:
        token = self.sentence.tokens[index]
        return token.kind is Kind.GLUE and self.sentence.said(index) in _JOINERS

    def _turn(self, index: int, segment: list[int], start: int) -> None:
        """Switch between naming and leaving out at an exception, a negation, an objective."""
        sentence, token = self.sentence, self.sentence.tokens[index]
        if token.kind is Kind.EXCEPT:
            sentence.spend(index)
            if token.value == "after":
                for item in self.draft.items[start:]:
                    item.excluded = True
            elif token.value != "but" or self._excepts(index, segment):
                self.excluding = True
        elif token.kind is Kind.NOT and sentence.said(index) in _NOUN_NOTS:
            rest = [i for i in segment if i > index and sentence.tokens[i].kind is not Kind.GLUE]
            if rest and self._is_name(rest[0]):
                sentence.spend(index)
                self.excluding = True
        elif token.kind is Kind.ONLY:
            if any(i > index and sentence.tokens[i].kind in NAMES for i in segment):
                sentence.spend(index)
        elif token.kind in (Kind.OBJECTIVE, Kind.METRIC):
            self.excluding = False

    def _excepts(self, index: int, segment: list[int]) -> bool:
        """Whether “but” leaves products out rather than going on with the sentence."""
        rest = [self.sentence.tokens[i].kind for i in segment if i > index]
        return not set(rest) & {Kind.METRIC, Kind.OBJECTIVE, Kind.BOUND, *FIGURES}

    def _close(self, run: list[int], segment: list[int]) -> None:
        """Turn a phrase into an item: names one by one, anything with unknown words as text."""
        if not run:
            return
        sentence = self.sentence
        sentence.spend(*run)
        quote = " ".join(sentence.quote(*run).split())
        if all(sentence.tokens[i].kind is Kind.NAME for i in run) and self._are_apart(run):
            self.draft.items.extend(self._named(i) for i in run)
        elif len(run) == 1 and sentence.tokens[run[0]].kind is Kind.PHRASE:
            self.draft.items.append(self._state(sentence.tokens[run[0]].value, quote))
        else:
            text = _canonical(quote.strip('"“”「」『』《》'))
            self.draft.items.append(Item("text", (text,), quote, excluded=self.excluding))

    def _are_apart(self, run: list[int]) -> bool:
        """Names side by side are one each, as long as their fields differ: “Acme mugs”."""
        fields = [self._name(i).field for i in run]
        return len(run) == 1 or len(set(fields)) == len(fields) or not self._touching(run)

    def _touching(self, run: list[int]) -> bool:
        tokens = self.sentence.tokens
        return any(
            not re.search(r"\S", self.sentence.folded[tokens[a].end : tokens[b].start])
            for a, b in pairwise(run)
        )

    def _name(self, index: int) -> Name:
        names: list[Name] = self.sentence.tokens[index].value
        return names[0]

    def _named(self, index: int) -> Item:
        name = self._name(index)
        return Item(name.field, name.values, self.sentence.quote(index), excluded=self.excluding)

    def _state(self, phrase: Phrase, quote: str) -> Item:
        """Products by their state; a tag of the shop that says “sale” is preferred."""
        for word in _SALE_WORDS if phrase is Phrase.ON_SALE else ():
            for name in self.vocabulary.look_up(word):
                if name.field == "tags":
                    return Item("tags", name.values, quote, excluded=self.excluding)
        return Item("text", (STATES[phrase],), quote, excluded=self.excluding)


def _canonical(text: str) -> str:
    """The one way to say a state, also where it was put in quotation marks."""
    folded = fold(text)
    for found in scan(folded, SIGNS):
        if found.value in STATES and (found.start, found.end) == (0, len(folded)):
            return STATES[found.value]
    return text
