"""Joins each figure of a goal with what it limits and on which side, or says why it cannot."""

from __future__ import annotations

import re
from decimal import Decimal

from ecomagent.agents.goal.draft import Draft, Issue, Limit
from ecomagent.agents.goal.figures import Figure
from ecomagent.agents.goal.glue import Glue
from ecomagent.agents.goal.lexicon import Bound, Metric
from ecomagent.agents.goal.sentence import Sentence
from ecomagent.agents.goal.tokens import FIGURES, Kind
from ecomagent.domain.money import minor_digits

_LOWER = frozenset({Metric.MARGIN, Metric.SERVICE})
_GIVEN: dict[Metric, tuple[str | None, ...]] = {
    Metric.MARGIN: ("lower", None),
    Metric.SERVICE: ("lower", None),
    Metric.CHANGE: ("upper",),
    Metric.DISCOUNT: ("upper",),
}
"""On which sides a figure is a limit; a plain “margin 35%” can only be a floor."""
_REACHING = frozenset({"by", "to", "of", "at", "到", "达到", "达"})
_NEGATED = re.compile(r"\b(?:not|never|no)\b|n't|[不别勿]")
_OR = re.compile(r"\b(?:or|nor)\b|或")
_POSTFIX = re.compile(
    r"(?:or|and)[\s-]+(?:more|above|higher|better|over|less|below|lower|under|fewer|up)"
    r"|at[\s-]+(?:least|most)|min(?:imum)?|max(?:imum)?|tops|及?以[上下内]|之内|内|封顶|上限|起|\+"
)
_ZEROS_FIRST = re.compile(r"0(?:\d|,\d{3})")
_MARK_FIRST = re.compile(r"(?:^|\s)[.,]$")


def read_limits(sentence: Sentence, draft: Draft) -> None:
    """Read every figure of the sentence into a limit of the draft, or into a problem."""
    before: list[int] = []
    for segment in sentence.segments():
        figures = sentence.free(segment, *FIGURES)
        for position, index in enumerate(figures):
            low = figures[position - 1] if position else segment[0] - 1
            high = figures[position + 1] if position + 1 < len(figures) else segment[-1] + 1
            _Reader(sentence, draft, index, segment, before).read(low, high)
        before = segment


class _Reader:
    """Reads one figure."""

    def __init__(
        self, sentence: Sentence, draft: Draft, index: int, segment: list[int], before: list[int]
    ) -> None:
        self.sentence = sentence
        self.draft = draft
        self.index = index
        self.segment = segment
        self.before = before
        self.token = sentence.tokens[index]

    def read(self, low: int, high: int) -> None:
        """Read it, with neighbouring figures at token ``low`` and ``high``."""
        left = [i for i in self.segment if low < i < self.index]
        right = [i for i in self.segment if self.index < i < high]
        found = self._metric(left, right)
        if found is None:
            self._without_metric(left, right)
            return
        metric = self._meant(found)
        bounds = self._bounds(left, right, found)
        nots = self._nots(left, found)
        rates = self.sentence.free([*left, *right], Kind.RATE)
        spent = [self.index, found, *bounds, *nots, *rates]
        near = [i for i in spent if i in self.segment]
        quote = self.sentence.quote(*near)
        self.sentence.spend(*spent)
        self._absorb(metric, left, right)
        if rates:
            self.draft.ask(Issue.RATE, metric.value, quote)
            return
        side = self._side(bounds, negated=bool(nots) or self._negates_itself(found, bounds))
        if self.token.kind is Kind.RANGE and metric is not Metric.OTHER:
            self._range(metric, quote)
            return
        self._judge(metric, self._figure(), side, quote, grows=self._grows(found, left))

    def _fits(self, index: int) -> bool:
        metric = self.sentence.tokens[index].value
        figure = self._figure()
        if metric is Metric.OTHER:
            return True
        if figure.currencies:
            return metric is Metric.BUDGET
        if self.token.kind is Kind.NUMBER:
            return True
        return metric is not Metric.BUDGET

    def _figure(self) -> Figure:
        value = self.token.value
        figure: Figure = value[0] if isinstance(value, tuple) else value
        if isinstance(value, tuple) and not figure.currencies:
            other: Figure = value[1]
            return other
        return figure

    def _same(self, index: int) -> bool:
        """Whether no “and” stands between the figure and that token."""
        low, high = sorted((index, self.index))
        return not any(self.sentence.tokens[i].kind is Kind.BREAK for i in range(low + 1, high))

    def _metric(self, left: list[int], right: list[int]) -> int | None:
        ahead = [i for i in reversed(self.sentence.free(left, Kind.METRIC)) if self._fits(i)]
        behind = [i for i in self.sentence.free(right, Kind.METRIC) if self._fits(i)]
        choices = [
            *(i for i in behind if self._is_off(i)),
            *(i for i in ahead if self._same(i)),
            *(i for i in behind if self._same(i)),
            *ahead,
        ]
        if choices:
            return choices[0]
        if not self.sentence.free(self.segment, Kind.OBJECTIVE):
            earlier = [i for i in self.sentence.free(self.before, Kind.METRIC) if self._fits(i)]
            return earlier[-1] if earlier else None
        return None

    def _is_off(self, index: int) -> bool:
        return index == self.index + 1 and self.sentence.said(index) == "off"

    def _meant(self, index: int) -> Metric:
        metric: Metric = self.sentence.tokens[index].value
        return metric

    def _bounds(self, left: list[int], right: list[int], metric: int) -> list[int]:
        free = self.sentence.free(left, Kind.BOUND)
        near = [i for i in reversed(free) if self._same(i)] or free[::-1]
        found = near[:1]
        for i in right:
            token = self.sentence.tokens[i]
            if token.kind is Kind.BOUND and _POSTFIX.fullmatch(self.sentence.said(i)):
                found.append(i)
            elif token.kind is not Kind.GLUE and i != metric:
                break
        return found

    def _nots(self, left: list[int], metric: int) -> list[int]:
        free = self.sentence.free(left, Kind.NOT)
        here = [i for i in free if self._same(i)]
        if here:
            return here[-1:]
        chained = [i for i in left if self.sentence.tokens[i].kind is Kind.BREAK]
        if chained and _OR.search(self.sentence.said(chained[-1])):
            return free[-1:]
        return []

    def _negates_itself(self, metric: int, bounds: list[int]) -> bool:
        said = self.sentence.said(metric)
        is_open = [i for i in bounds if self.sentence.tokens[i].value in (Bound.ABOVE, Bound.BELOW)]
        return bool(is_open) and _NEGATED.search(said) is not None

    def _side(self, bounds: list[int], *, negated: bool) -> str | None:
        """``lower``, ``upper``, ``both`` where the bounds contradict each other, or None."""
        sides = set()
        for i in bounds:
            bound = self.sentence.tokens[i].value
            is_open = bound in (Bound.ABOVE, Bound.BELOW)
            upper = bound is Bound.UPPER or bound is Bound.BELOW
            if negated:
                upper = not upper if is_open else upper
            sides.add("upper" if upper else "lower")
        if len(sides) > 1:
            return "both"
        return sides.pop() if sides else None

    def _grows(self, metric: int, left: list[int]) -> bool:
        """Whether the metric itself is to grow: “raise the margin to 40%”."""
        for i in reversed([i for i in left if self._same(i)]):
            if self.sentence.tokens[i].kind is Kind.OBJECTIVE:
                return False
            if self.sentence.tokens[i].value is Glue.GROW:
                return True
        return False

    def _absorb(self, metric: Metric, left: list[int], right: list[int]) -> None:
        """“a discount of 20% off” names its metric twice, “price cuts … in price” thrice."""
        same = [
            i
            for i in self.sentence.free([*left, *right], Kind.METRIC)
            if self.sentence.tokens[i].value is metric and self._same(i)
        ]
        self.sentence.spend(*same[:1])

    def _range(self, metric: Metric, quote: str) -> None:
        ends = [
            Limit(metric, value, quote)
            for figure in self.token.value
            if (value := self._value(metric, figure)) is not None
        ]
        known = [end for end in ends if metric in LIMITED]
        self.draft.ask(Issue.RANGE, metric.value, quote, limits=tuple(known))

    def _value(self, metric: Metric, figure: Figure) -> Decimal | None:
        if figure.value is None:
            return None
        if metric is Metric.BUDGET:
            return figure.value
        return figure.value if figure.value < 1 else figure.value / 100

    def _judge(
        self, metric: Metric, figure: Figure, side: str | None, quote: str, *, grows: bool
    ) -> None:
        draft = self.draft
        if metric is Metric.OTHER:
            draft.ask(Issue.NOT_A_LIMIT, "constraints", quote)
        elif figure.value is None:
            draft.ask(Issue.UNREADABLE_FIGURE, metric.value, quote)
        elif metric is Metric.BUDGET:
            self._budget(figure, side, quote)
        elif self.token.kind is Kind.NUMBER and not 0 < figure.value < 1 and figure.value != 0:
            guess = figure.value / 100
            options = (Limit(metric, guess, quote),) if 0 < guess < 1 and metric in LIMITED else ()
            draft.ask(Issue.NO_PERCENT_SIGN, metric.value, quote, limits=options)
        elif not 0 <= figure.value < 1 and not (metric is Metric.CHANGE and figure.value <= 1):
            draft.ask(Issue.OUT_OF_RANGE, metric.value, quote)
        else:
            self._fraction(metric, figure, side, quote, grows=grows)

    def _budget(self, figure: Figure, side: str | None, quote: str) -> None:
        assert figure.value is not None
        draft = self.draft
        currency = figure.currency(draft.currency)
        if self._is_cut():
            draft.ask(Issue.CUT_AMOUNT, "budget", quote)
        elif currency != draft.currency:
            draft.ask(Issue.CURRENCY, "budget", quote, amount=f"{figure.value:f} {currency}")
        elif side in ("lower", "both"):
            limit = Limit(Metric.BUDGET, figure.value, quote)
            draft.ask(Issue.WRONG_SIDE, "budget", quote, limits=(limit,))
        elif figure.other is not None and minor_digits(draft.currency) == 3:
            limits = tuple(Limit(Metric.BUDGET, v, quote) for v in (figure.value, figure.other))
            draft.ask(Issue.AMOUNT, "budget", quote, limits=limits)
        elif -int(figure.value.as_tuple().exponent) > minor_digits(draft.currency):
            draft.ask(Issue.UNREADABLE_FIGURE, "budget", quote)
        else:
            draft.limits.append(Limit(Metric.BUDGET, figure.value, quote))

    def _is_cut(self) -> bool:
        """Whether digits are missing in front: “,000” or “00” is what a shell leaves of $2,000."""
        text, start = self.sentence.folded, self.token.start
        return bool(
            _ZEROS_FIRST.match(text, start) or _MARK_FIRST.search(text[max(0, start - 2) : start])
        )

    def _fraction(
        self, metric: Metric, figure: Figure, side: str | None, quote: str, *, grows: bool
    ) -> None:
        assert figure.value is not None
        limit = Limit(metric, figure.value, quote)
        if figure.is_price and side == "lower" and metric is Metric.DISCOUNT:
            side = "both" if "至少打" in quote or "最少打" in quote else "upper"
        if metric in (Metric.RAISE, Metric.CUT):
            option = Limit(Metric.CHANGE, figure.value, quote)
            self.draft.ask(Issue.ONE_SIDED, "max_price_change", quote, limits=(option,))
        elif metric in _LOWER and side is None and grows:
            self.draft.ask(Issue.TARGET, metric.value, quote, limits=(limit,))
        elif side in _GIVEN.get(metric, ()):
            self.draft.limits.append(limit)
        elif side is None:
            self.draft.ask(Issue.ORDER, metric.value, quote, limits=(limit,))
        else:
            self.draft.ask(Issue.WRONG_SIDE, metric.value, quote, limits=(limit,))

    def _without_metric(self, left: list[int], right: list[int]) -> None:
        sentence, draft = self.sentence, self.draft
        figure = self._figure()
        objectives = [i for i in (*left, *right) if sentence.tokens[i].kind is Kind.OBJECTIVE]
        bounds = self._bounds(left, right, -1)
        rates = sentence.free([*left, *right], Kind.RATE)
        near = [self.index, *bounds]
        if figure.is_price:
            sentence.spend(*near, *self._nots(left, -1))
            side = self._side(bounds, negated=False)
            self._judge(Metric.DISCOUNT, figure, side, sentence.quote(*near), grows=False)
            return
        if self.token.kind is Kind.NUMBER and not bounds:
            return  # may yet be a SKU; else it is asked about at the end
        sentence.spend(*near, *rates)
        quote = sentence.quote(*near)
        by = [i for i in left[-2:] if sentence.said(i) in _REACHING]
        if objectives and (by or (self.token.kind is Kind.PERCENT and not bounds)):
            draft.ask(Issue.TARGET, "objective", sentence.quote(self.index, *bounds, *by))
        else:
            draft.ask(Issue.LOOSE_FIGURE, "constraints", quote, limits=self._uses(figure, quote))

    def _uses(self, figure: Figure, quote: str) -> tuple[Limit, ...]:
        if figure.value is None or self.token.kind is Kind.RANGE:
            return ()
        if self.token.kind is Kind.MONEY:
            same = figure.currency(self.draft.currency) == self.draft.currency
            return (Limit(Metric.BUDGET, figure.value, quote),) if same else ()
        if self.token.kind is Kind.PERCENT and 0 < figure.value < 1:
            metrics = (Metric.MARGIN, Metric.CHANGE, Metric.DISCOUNT)
            return tuple(Limit(metric, figure.value, quote) for metric in metrics)
        return ()


LIMITED = frozenset({Metric.MARGIN, Metric.CHANGE, Metric.DISCOUNT, Metric.BUDGET, Metric.SERVICE})
"""What a goal can hold."""
