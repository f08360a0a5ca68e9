"""Judges the policies that set prices, by what drawn prices earned, and keeps the decision.

Every judgement is an entry of the audit log; the newest says who is live.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ecomagent.domain.money import minor_digits
from ecomagent.plan.measure import known_until
from ecomagent.plan.price_choices import price_choices

if TYPE_CHECKING:
    import pandas as pd

    from ecomagent.audit import AuditLog
    from ecomagent.store.facts import Facts
    from ecomagent.store.plans import PlanRepository
    from tools.off_policy import PolicyValue
    from tools.price_gate import Gain, Judgement

SUBJECT, EVENT = "price-policy", "prices.judged"
MEMORY = timedelta(days=365)
"""Draws older than this say nothing of today's customers."""
LOOKED_BACK = 400
"""Judgements among which the newest is looked for: more than a year of nights."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)
NAMES = {
    "optimise": ("the best prices as far as is known", "已知最优价格"),
    "learn": ("prices that learn", "学习定价"),
    "challenger": ("the challenger's prices", "挑战者定价"),
}
NO_CHOICES = ("no drawn price has been asked for long enough yet", "尚无抽取的价格执行足够久")
NOT_DEARER = ("nothing in {choices:,} choices shows that trying costs more than it may",
              "{choices:,} 次选择中没有迹象表明试价代价过高")  # fmt: skip
RESTARTED = ("started again by {actor}", "由 {actor} 重新开始")
RETRAINED = ("the challenger that had proved itself is not there any more",
             "已通过检验的挑战者不复存在")  # fmt: skip


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Estimate(_Frozen):
    """Gross profit a SKU and day, in the shop's currency, with its interval."""

    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None


class PolicyShown(_Frozen):
    """What a policy would have earned in the logged choices."""

    policy: str
    ips: Estimate
    snips: Estimate
    doubly_robust: Estimate
    effective: float
    """Choices that tell about it."""
    reliable: bool


class GainShown(_Frozen):
    """By how much one policy earns more than another, doubly robust."""

    policy: str
    over: str
    gain: Estimate
    effective: float
    reliable: bool


class PriceGate(_Frozen):
    """Who sets list prices in a shop that learns, why, and what the log says of each policy."""

    as_of: datetime
    live: str
    """``optimise``, ``learn`` or ``challenger``."""
    why_en: str
    why_zh: str
    since: datetime
    """Draws of earlier plans are not looked at."""
    challenger: str = ""
    """Name of the trained challenger; empty for none."""
    allowed: Decimal = Decimal(0)
    """What trying prices may cost, gross profit a SKU and day."""
    choices: int = 0
    skus: int = 0
    policies: tuple[PolicyShown, ...] = ()
    gains: tuple[GainShown, ...] = ()


@dataclass(frozen=True)
class Gatekeeper:
    """Who judges, from what.

    Attributes:
        repository: Plans and receipts.
        audit: Where judgements are kept.
        currency: The shop's.
        actor: Who asks.
        challenger: Name of the trained challenger; empty for none.
        regret: Share of gross profit that trying prices may cost.
    """

    repository: PlanRepository
    audit: AuditLog
    currency: str
    actor: str
    challenger: str
    regret: float

    def newest(self, as_of: datetime) -> PriceGate | None:
        """The newest judgement that was known at a moment."""
        kept = (PriceGate.model_validate(each.body)
                for each in self.audit.entries(LOOKED_BACK, subject=SUBJECT))  # fmt: skip
        return next((each for each in kept if each.as_of <= as_of), None)

    def judge(
        self, facts: Facts, *, as_of: datetime, now: datetime, restart: bool = False
    ) -> PriceGate:
        """Judge the policies by what was known at a moment; a new judgement is kept.

        Args:
            facts: History.
            as_of: The moment (UTC).
            now: When this is asked (UTC).
            restart: Prices are tried again, whatever earlier draws say.
        """
        before = self._restarted(as_of, now) if restart else self.standing(as_of)
        moment = known_until(facts, as_of)
        choices = price_choices(
            self.repository, as_of=moment, since=max(before.since, moment - MEMORY),
            challenger=self.challenger,
        )  # fmt: skip
        found = before if choices.empty else self._judged(before, facts, choices, moment)
        last = self.newest(as_of)
        if last is None or last.model_copy(update={"as_of": as_of}) != found:
            self.audit.append(at=now, actor=self.actor, event=EVENT, subject=SUBJECT,
                              body=found.model_dump(mode="json"))  # fmt: skip
        return found

    def standing(self, as_of: datetime) -> PriceGate:
        """Who is live by the newest judgement; prices that learn where there is none yet."""
        last = self.newest(as_of)
        live, why, since = "learn", NO_CHOICES, EVER
        if last is not None:
            live, why, since = last.live, (last.why_en, last.why_zh), last.since
        if last is not None and live == "challenger" and last.challenger != self.challenger:
            live, why = "learn", RETRAINED
        return PriceGate(as_of=as_of, live=live, why_en=why[0], why_zh=why[1], since=since,
                         challenger=self.challenger)  # fmt: skip

    def _restarted(self, as_of: datetime, now: datetime) -> PriceGate:
        en, zh = (words.format(actor=self.actor) for words in RESTARTED)
        return PriceGate(as_of=as_of, live="learn", why_en=en, why_zh=zh, since=now,
                         challenger=self.challenger)  # fmt: skip

    def _judged(
        self, before: PriceGate, facts: Facts, choices: pd.DataFrame, moment: datetime
    ) -> PriceGate:
        from tools.price_gate import PricePolicy, judge_policies
        from tools.price_log import read_price_log

        view = facts.as_of(moment)
        panel = view.panel(
            since=choices["start"].min(),
            columns=["units", "revenue_minor", "cost_minor", "list_price_minor", "on_hand"],
        )
        log = read_price_log(choices, panel, today=view.today)
        judged = judge_policies(log, PricePolicy(before.live), regret=self.regret)
        why = (before.why_en, before.why_zh)
        if judged.by is not None:
            why = self._words(judged.by, judged.allowed, len(log.skus))
        elif before.live == "learn" and len(log.skus):
            why = (NOT_DEARER[0].format(choices=len(log.skus)),
                   NOT_DEARER[1].format(choices=len(log.skus)))  # fmt: skip
        return before.model_copy(
            update={
                "live": judged.live.value, "why_en": why[0], "why_zh": why[1],
                "choices": len(log.skus), "skus": len(set(log.skus)),
                "allowed": self._money(judged.allowed),
                "policies": self._policies(judged),
                "gains": tuple(self._gain(each) for each in judged.gains),
            }
        )  # fmt: skip

    def _policies(self, judged: Judgement) -> tuple[PolicyShown, ...]:
        names = ("ips", "snips", "doubly_robust")
        return tuple(
            PolicyShown(
                policy=policy.value,
                effective=round(found["ips"].effective, 1),
                reliable=found["ips"].reliable,
                **{name: self._estimate(found[name]) for name in names},
            )
            for policy, found in judged.values.items()
        )

    def _gain(self, gain: Gain) -> GainShown:
        return GainShown(
            policy=gain.policy.value,
            over=gain.over.value,
            gain=self._estimate(gain.value),
            effective=round(gain.value.effective, 1),
            reliable=gain.value.reliable,
        )

    def _estimate(self, found: PolicyValue) -> Estimate:
        low, high = self._money(found.low), self._money(found.high)
        known = low.is_finite() and high.is_finite()
        return Estimate(
            value=self._money(found.value), low=low if known else None, high=high if known else None
        )

    def _money(self, minor: float) -> Decimal:
        return Decimal(f"{minor / 10 ** minor_digits(self.currency):.4f}")

    def _words(self, by: Gain, allowed: float, choices: int) -> tuple[str, str]:
        one, other = NAMES[by.policy.value], NAMES[by.over.value]
        gain = self._estimate(by.value)
        band = f"{gain.low:+.2f} … {gain.high:+.2f}"
        en = (
            f"on {choices:,} choices {one[0]} earned {gain.value:+.2f} {self.currency} ({band}) a"
            f" SKU and day against {other[0]}"
        )
        zh = (
            f"在 {choices:,} 次选择中,{one[1]}与{other[1]}相比,每个 SKU 每天毛利"
            f" {gain.value:+.2f} {self.currency}({band})"
        )
        if by.over.value != "optimise" or by.value.value > 0:
            return en, zh
        cost = f"{self._money(allowed):.2f}"
        return f"{en}, where trying may cost {cost}", f"{zh},而试价最多可让出 {cost}"
