"""The review at the keyboard: one waiting action after the other, or many of a sort at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

    from ecomagent.cli.session import Session
    from ecomagent.domain.action import Action
    from ecomagent.domain.plan import Decision, Plan
    from ecomagent.plan.policy import PolicyContext
    from ecomagent.plan.recording import Reviewer

KEYS = "y approve · n reject · e edit · s skip · b batch · w why · p back · q leave · ?"
HELP = (
    "y  approve as shown",
    "n  reject; the reason is kept, and planning learns from it",
    "e  give another price, discount, quantity…: policy and impact are worked out again",
    "s  leave it for later",
    "b  all of this kind, of this risk, or all that wait: approve or reject them together",
    "w  data, tools, graph path and rules behind it",
    "p  back to the one before, to look again or to change your mind",
    "q  leave; what you decided is kept",
)


class Move(Enum):
    """Where to go after a key."""

    STAY = auto()
    NEXT = auto()
    BACK = auto()
    LEAVE = auto()


class Review:
    """One person going through one plan.

    Args:
        session: The command's session; the terminal is its stderr.
        plan: The plan under review.
        todo: Its actions to go through, in this order.
    """

    def __init__(self, session: Session, plan: Plan, todo: Sequence[Action]) -> None:
        from ecomagent.cli.plan import titles

        self._session = session
        self._plan = plan
        self._todo = tuple(todo)
        self._titles = titles(session, plan)
        self._context: PolicyContext | None = None
        self._seen: Mapping[str, Decision] = {}
        """The decisions that were on file when the action was shown."""

    def run(self) -> None:
        """Show one action after the other until the last one or until the person leaves."""
        self._opening()
        place, going_back = 0, False
        while 0 <= place < len(self._todo):
            move = self._visit(place, even_if_decided=going_back)
            if move is Move.LEAVE:
                return
            going_back = move is Move.BACK
            place = max(0, place - 1) if going_back else place + 1

    def _opening(self) -> None:
        from rich.text import Text

        actor = self._session.workspace.settings.actor
        self._print(Text.assemble((self._plan.plan_id, "bold"), f"  {self._plan.goal.text}"))
        for note in self._plan.notes:
            self._print(Text.assemble(("! ", "yellow"), note))
        for assumption in self._plan.assumptions:
            self._print(Text(f"* {assumption}", style="yellow"))
        self._print(
            Text(
                f"{len(self._todo)} to decide · valid until"
                f" {self._plan.expires_at:%Y-%m-%d %H:%M} UTC · you are {actor.name}, {actor.role}",
                style="dim",
            )
        )

    def _visit(self, place: int, *, even_if_decided: bool) -> Move:
        """Show one action and ask until something sends us on."""
        action = self._todo[place]
        self._look()
        if action.id in self._seen and not even_if_decided:
            return Move.NEXT
        self._show(place, action)
        handlers: dict[str, Callable[[Action], Move]] = {
            "y": self._approve, "a": self._approve, "e": self._edit, "n": self._reject,
            "r": self._reject, "s": lambda _: Move.NEXT, "p": lambda _: Move.BACK,
            "b": self._many, "w": self._why, "q": lambda _: Move.LEAVE, "?": self._help,
        }  # fmt: skip
        while True:
            move = self._safely(handlers.get(self._key(KEYS), self._unknown), action)
            if move is not Move.STAY:
                return move

    def _safely(self, handler: Callable[[Action], Move], action: Action) -> Move:
        """Run a key's handler; what goes wrong is told, and the action is asked about again."""
        from ecomagent.domain.errors import EcomagentError

        try:
            return handler(action)
        except EcomagentError as error:
            self._tell(f"✗ {error}", "red")
            self._look()
            return Move.STAY

    # What the keys do

    def _approve(self, action: Action) -> Move:
        from ecomagent.plan.approval import approve

        approve(self._plan, [action.id], self._reviewer(), seen=self._seen)
        self._tell("✓ approved", "green")
        return Move.NEXT

    def _reject(self, action: Action) -> Move:
        from ecomagent.plan.approval import reject

        reason = self._ask("why (Enter: do not reject)")
        if not reason:
            return Move.STAY
        reject(self._plan, [action.id], reason, self._reviewer(), seen=self._seen)
        self._tell("✓ rejected", "magenta")
        return Move.NEXT

    def _edit(self, action: Action) -> Move:
        from ecomagent.plan.approval import edit
        from ecomagent.plan.editing import exact_changes, preview_edit

        changes = self._new_values(action)
        if not changes:
            return Move.STAY
        reviewer = self._reviewer()
        edited = preview_edit(
            self._plan, action, changes,
            policy=reviewer.policy, context=self._shop(), decisions=self._seen,
        )  # fmt: skip
        self._tell("as you edited it:")
        self._detail(edited.action, reasons=False)
        for rule in edited.moved:
            self._tell(f"{rule.rule} moved it: {rule.clamped_from} → {rule.clamped_to}", "yellow")
        if self._key("y approve it like this · anything else: leave it as it was") != "y":
            return Move.STAY
        exact = exact_changes(edited.action)
        wanted = {name: text for name, text in exact.items() if name in changes} or exact
        edit(self._plan, action.id, wanted, reviewer, context=self._shop(), seen=self._seen)
        self._tell("✓ edited and approved", "green")
        return Move.NEXT

    def _new_values(self, action: Action) -> dict[str, str]:
        from ecomagent.domain.errors import ApprovalError
        from ecomagent.plan.editing import EDITABLE

        names = EDITABLE.get(action.kind, ())
        if not names:
            raise ApprovalError(
                f"{action.kind.value} has no value to edit", remedy="Approve or reject it."
            )
        if "discount" in names:
            typed = self._ask(f"price or discount, e.g. 15% (now {action.after.price})")  # type: ignore[union-attr]
            name = "discount" if typed.endswith(("%", "%")) else "price"
            return {name: typed} if typed else {}
        typed_values = {
            name: self._ask(f"{name} (now {_short(getattr(action.after, name))}; Enter keeps it)")
            for name in names
        }
        return {name: text for name, text in typed_values.items() if text}

    def _many(self, action: Action) -> Move:
        chosen = self._choose_many(action)
        if not chosen:
            return Move.STAY
        for each in chosen:
            self._line(each)
        answer = self._key(f"y approve these {len(chosen)} · n reject them · anything else: back")
        if answer in ("y", "a"):
            return self._approve_many(chosen, action)
        if answer in ("n", "r"):
            return self._reject_many(chosen, action)
        return Move.STAY

    def _choose_many(self, action: Action) -> list[Action]:
        waits = [each for each in self._todo if each.id not in self._seen]
        kind = [each for each in waits if each.kind is action.kind]
        risk = [each for each in waits if each.risk is action.risk]
        key = self._key(
            f"k this kind, {action.kind.value} ({len(kind)}) · r this risk, {action.risk.value}"
            f" ({len(risk)}) · a all ({len(waits)}) · anything else: back"
        )
        return {"k": kind, "r": risk, "a": waits}.get(key, [])

    def _approve_many(self, chosen: Sequence[Action], action: Action) -> Move:
        from ecomagent.plan.approval import approve, needed_role
        from ecomagent.plan.policy.roles import role_named

        reviewer = self._reviewer()
        mine = role_named(reviewer.role)
        free = [a.id for a in chosen if mine.may_act_as(needed_role(a, reviewer.policy))]
        approve(self._plan, free, reviewer, seen=self._seen)
        self._tell(f"✓ {len(free)} approved", "green")
        if left := len(chosen) - len(free):
            self._tell(
                f"{left} need a higher role than {reviewer.role} and go on waiting", "yellow"
            )
        self._look()
        return Move.NEXT if action.id in self._seen else Move.STAY

    def _reject_many(self, chosen: Sequence[Action], action: Action) -> Move:
        from ecomagent.plan.approval import reject

        reason = self._ask(f"why all {len(chosen)} (Enter: do not reject)")
        if not reason:
            return Move.STAY
        reject(self._plan, [each.id for each in chosen], reason, self._reviewer(), seen=self._seen)
        self._tell(f"✓ {len(chosen)} rejected", "magenta")
        self._look()
        return Move.NEXT if action.id in self._seen else Move.STAY

    def _why(self, action: Action) -> Move:
        from ecomagent.cli.render import explanation

        for line in explanation(self._plan, action, self._titles):
            self._session.err.print(line)
        return Move.STAY

    def _help(self, action: Action) -> Move:
        for line in HELP:
            self._tell(line)
        return Move.STAY

    def _unknown(self, action: Action) -> Move:
        self._tell("? shows what each key does", "dim")
        return Move.STAY

    # The terminal

    def _show(self, place: int, action: Action) -> None:
        from rich.text import Text

        self._print(Text())
        self._print(Text(f"{place + 1} of {len(self._todo)}", style="dim"))
        self._detail(action)
        decision = self._seen.get(action.id)
        if decision is not None:
            said = f"{decision.choice.value} by {decision.by} at {decision.at:%H:%M} UTC"
            self._tell(f"decided: {said}{f', “{decision.reason}”' if decision.reason else ''}",
                       "magenta")  # fmt: skip

    def _detail(self, action: Action, *, reasons: bool = True) -> None:
        from ecomagent.cli.action_text import action_detail

        plan = self._plan
        for line in action_detail(
            action, plan.shop, self._titles, plan.goal.language, reasons=reasons
        ):
            self._print(line)

    def _line(self, action: Action) -> None:
        from ecomagent.cli.action_text import action_line

        plan = self._plan
        self._print(action_line(action, plan.shop, self._titles, "", plan.goal.language))

    def _key(self, keys: str) -> str:
        from rich.text import Text

        from ecomagent.cli.keys import read_key

        self._session.err.print(Text(f"  {keys} ", style="cyan"), end="")
        key = read_key()
        self._print(Text(key, style="bold"))
        return key

    def _ask(self, what: str) -> str:
        from rich.text import Text

        from ecomagent.cli.keys import read_line

        self._session.err.print(Text(f"  {what}: "), end="")
        return read_line().strip()

    def _tell(self, words: str, style: str = "") -> None:
        from rich.text import Text

        self._print(Text(f"  {words}", style=style))

    def _print(self, line: Text) -> None:
        self._session.err.print(line)

    # What it rests on

    def _look(self) -> None:
        self._seen = self._session.workspace.repository.decisions_of(self._plan.plan_id)

    def _reviewer(self) -> Reviewer:
        """The person, under the policy as it is at this moment."""
        return self._session.workspace.services.reviewer()

    def _shop(self) -> PolicyContext:
        """How the shop stands, read once a review."""
        if self._context is None:
            with self._session.progress("reading the shop"):
                self._context = self._session.workspace.services.context_for(self._plan)
        return self._context


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"
