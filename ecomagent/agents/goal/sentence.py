"""A goal's text as tokens, and which of them somebody has read already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from ecomagent.agents.goal.figures import find_figures
from ecomagent.agents.goal.glue import GLUE, Glue
from ecomagent.agents.goal.lexicon import ACTIVITIES, BOUNDS, METRICS, OBJECTIVES, STOCK_WORDS
from ecomagent.agents.goal.signs import BREAKS, MARKERS, SIGNS
from ecomagent.agents.goal.text import CJK, cjk_count, fold, has_cjk
from ecomagent.agents.goal.tokens import FIGURES, Kind, Token, scan, settle
from ecomagent.agents.goal.vocabulary import Vocabulary
from ecomagent.agents.goal.when import find_times, joined
from ecomagent.domain.goal import Language

_GRAMMAR = (
    *BOUNDS, *METRICS, *OBJECTIVES, *STOCK_WORDS, *ACTIVITIES, *SIGNS, *MARKERS, *BREAKS, *GLUE
)  # fmt: skip
_WORDS = re.compile(
    rf"[{CJK}]+|[^\W_{CJK}](?:(?:[^\W_{CJK}]|['.+#-])*[^\W_{CJK}])?"
    rf"(?:[ ]+[^\W_{CJK}](?:(?:[^\W_{CJK}]|['.+#-])*[^\W_{CJK}])?)*"
)
_QUOTED = re.compile(r'"([^"]{1,80})"|「([^」]{1,80})」|『([^』]{1,80})』|《([^》]{1,80})》')
_ENDS = FIGURES - {Kind.RANGE}
_NOUN = re.compile(r"floor|ceiling|tops|cap|min|max|limited|inside")
_LEADING = "把将的了请给让在使推卖"
_TRAILING = "的了等里类做要"
_RANGE = re.compile(r"\s*(?:-|~|to|and|至|到)\s*")


@dataclass
class Sentence:
    """Tokens in the order of the text; readers mark what they have read as spent."""

    typed: str
    folded: str
    tokens: list[Token]
    spent: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, typed: str, *, today: date, vocabulary: Vocabulary, country: str) -> Sentence:
        """The text taken apart; every letter of it is in one token, or is punctuation."""
        folded = fold(typed)
        quoted = list(_quoted(folded))
        found = [
            *find_times(folded, today, country),
            *find_figures(folded),
            *vocabulary.find(folded, typed),
            *scan(folded, _GRAMMAR),
        ]
        tokens = joined(settle(found, quoted), folded, today)
        tokens = _with_words(_nouns(_ranged(tokens, folded), folded), folded)
        return cls(typed, folded, tokens)

    def segments(self) -> Iterator[list[int]]:
        """Token indexes between full stops, commas and the like."""
        segment: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.kind is Kind.BREAK and token.value == "stop":
                yield segment
                segment = []
            else:
                segment.append(index)
        yield segment

    def free(self, indexes: Iterable[int], *kinds: Kind) -> list[int]:
        """Those of the indexes that nobody has read, of these kinds."""
        return [i for i in indexes if i not in self.spent and self.tokens[i].kind in kinds]

    def spend(self, *indexes: int) -> None:
        """Mark tokens as read."""
        self.spent.update(indexes)

    def quote(self, *indexes: int) -> str:
        """The text as typed from the first to the last of the tokens."""
        start = min(self.tokens[i].start for i in indexes)
        end = max(self.tokens[i].end for i in indexes)
        return self.typed[start:end].strip()

    def said(self, index: int) -> str:
        """A token's folded text."""
        token = self.tokens[index]
        return self.folded[token.start : token.end]

    @property
    def language(self) -> Language:
        """Chinese where the words around names and figures are mostly Chinese."""
        chinese = latin = 0
        for token in self.tokens:
            text = self.folded[token.start : token.end]
            if token.kind in (Kind.NAME, Kind.QUOTED, Kind.WORDS, Kind.MONEY, Kind.NUMBER):
                continue
            chinese += cjk_count(text)
            latin += len(re.findall("[a-z]+", text))
        if chinese == latin == 0:
            return "zh" if has_cjk(self.folded) else "en"
        return "zh" if chinese >= latin else "en"


def _quoted(folded: str) -> Iterator[Token]:
    """Names in quotation marks; one that holds a figure or a limit is read like the rest."""
    for match in _QUOTED.finditer(folded):
        inside = next(group for group in match.groups() if group is not None)
        speaks = next(iter(find_figures(inside)), None) or next(
            scan(inside, (*METRICS, *OBJECTIVES, *BOUNDS)), None
        )
        if not speaks:
            yield Token(Kind.QUOTED, match.start(), match.end(), inside.strip())


def _ranged(tokens: list[Token], folded: str) -> list[Token]:
    """Two figures joined by a dash or “to” as one range."""
    found: list[Token] = []
    for token in tokens:
        if token.kind in FIGURES and found:
            back = next((n for n in (1, 2) if len(found) >= n and found[-n].kind in _ENDS), 0)
            first = found[-back] if back else None
            between = folded[first.end : token.start] if first else ""
            is_and = "and" in between or "和" in between
            led = first is not None and re.search(
                r"(?:\bbetween|介于|在)\s*$", folded[: first.start]
            )
            if first and _RANGE.fullmatch(between) and (not is_and or led):
                del found[-back:]
                start = led.start() if led else first.start
                found = [earlier for earlier in found if earlier.end <= start]
                found.append(Token(Kind.RANGE, start, token.end, (first.value, token.value)))
                continue
        found.append(token)
    return found


def _nouns(tokens: list[Token], folded: str) -> list[Token]:
    """Without the bounds that limit nothing because they are nouns: floor lamps, tops, a cap."""
    kept: list[Token] = []
    solid = [token for token in tokens if token.kind is not Kind.GLUE]
    limited = {*FIGURES, Kind.METRIC, Kind.BOUND}
    for token in tokens:
        if token.kind is Kind.BOUND and _NOUN.fullmatch(folded, token.start, token.end):
            at = solid.index(token)
            beside = solid[max(at - 1, 0) : at + 2]
            if not any(other.kind in limited for other in beside if other is not token):
                continue
        kept.append(token)
    return kept


def _with_words(tokens: list[Token], folded: str) -> list[Token]:
    """The tokens with everything unknown between them as words of its own."""
    filled: list[Token] = []
    start = 0
    for token in [*tokens, Token(Kind.BREAK, len(folded), len(folded), "stop")]:
        for match in _WORDS.finditer(folded, start, token.start):
            filled.append(Token(Kind.WORDS, match.start(), match.end()))
        filled.append(token)
        start = token.end
    return _swallowed(filled, folded)


def _swallowed(tokens: list[Token], folded: str) -> list[Token]:
    """Weak Chinese particles that touch unknown characters become part of them: 上衣, 床单."""
    merged: list[Token] = []
    run: list[Token] = []

    def flush() -> None:
        if any(token.kind is Kind.WORDS for token in run):
            merged.append(_trimmed(Token(Kind.WORDS, run[0].start, run[-1].end), folded))
        else:
            merged.extend(run)
        run.clear()

    for token in tokens:
        chinese = has_cjk(folded[token.start : token.end])
        joins = chinese and (token.kind is Kind.WORDS or token.value is Glue.WEAK)
        if run and (not joins or token.start != run[-1].end):
            flush()
        if joins:
            run.append(token)
        else:
            merged.append(token)
    flush()
    return merged


def _trimmed(token: Token, folded: str) -> Token:
    """Words without the particles at their edges, as long as two characters remain."""
    start, end = token.start, token.end
    while end - start > 2 and folded[start] in _LEADING:
        start += 1
    while end - start > 2 and folded[end - 1] in _TRAILING:
        end -= 1
    return Token(token.kind, start, end)
