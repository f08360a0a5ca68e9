"""policy: show and check what the tool may do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import group
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.plan.policy import Policy
    from ecomagent.plan.policy.doubts import PolicyCheck

policy = group("policy", "Show and check policy.toml: what the tool may do to the shop.")


@command(
    policy, prints="policy", examples=("ecomagent policy show", "ecomagent policy show --json")
)
def show(session: Session) -> int | None:
    """Show every limit as it is read."""
    from ecomagent.plan.policy import load_policy

    path = session.workspace.paths.policy
    found = load_policy(path)
    session.emit(found, lambda: _render(session, path, found))
    return None


@command(
    policy,
    prints="policy_path",
    examples=("ecomagent policy path", "$EDITOR $(ecomagent policy path)"),
)
def path(session: Session) -> int | None:
    """Print where the policy file lies."""
    found = session.workspace.paths.policy
    session.emit({"path": str(found)}, lambda: typer.echo(str(found)))
    return None


@command(
    policy,
    prints="policy_check",
    examples=("ecomagent policy check", "ecomagent policy check draft.toml --json"),
)
def check(
    session: Session,
    file: Annotated[
        Path | None, typer.Argument(help="A draft to check instead of the shop's policy.toml.")
    ] = None,
) -> int | None:
    """Check a policy: every mistake with key, value and remedy, and what is hardly meant.

    Exit codes: 0 it can be used, 2 it cannot.
    """
    from ecomagent.domain.errors import ExitCode
    from ecomagent.plan.policy import parse_policy, policy_mistakes
    from ecomagent.plan.policy.doubts import PolicyCheck, PolicyMistake
    from ecomagent.plan.policy.file import read_policy

    where = file or session.workspace.paths.policy
    text = read_policy(where)
    mistakes = policy_mistakes(text, where=str(where))
    found = None if mistakes else parse_policy(text)
    result = PolicyCheck(
        path=str(where),
        ok=found is not None,
        hash=found.hash if found else None,
        mistakes=tuple(PolicyMistake(what=m.what, where=m.where, remedy=m.remedy)
                       for m in mistakes),
        doubts=() if found is None else _doubts(session, found),
    )  # fmt: skip
    session.emit(result, lambda: _render_check(session, result))
    return ExitCode.DONE if found else ExitCode.USAGE


def _doubts(session: Session, found: Policy) -> tuple[str, ...]:
    from ecomagent.domain.errors import FactsError
    from ecomagent.plan.policy.doubts import doubts
    from ecomagent.plan.standing import start_of_day

    workspace = session.workspace
    shop = workspace.settings.shop
    try:
        view = workspace.facts().as_of(start_of_day(workspace.clock.now(), shop.timezone))
        catalogue = view.catalogue()
        skus, categories = set(catalogue["sku"]), set(catalogue["category"].dropna())
    except FactsError:  # nothing was imported yet, so nothing can be missing from it
        skus, categories = set(), set()
    return doubts(found, currency=shop.currency, skus=skus, categories=categories)


def _render_check(session: Session, result: PolicyCheck) -> None:
    from rich.text import Text

    for mistake in result.mistakes:
        remedy = (f"  → {mistake.remedy}", "cyan")
        session.out.print(Text.assemble(("✗ ", "red"), mistake.what, remedy))
    for doubt in result.doubts:
        session.out.print(Text.assemble(("! ", "yellow"), doubt))
    said = "is fine."
    if result.mistakes:
        said = "cannot be used until that is mended."
    elif result.doubts:
        said = "can be used; look at the above."
    session.out.print(Text(f"{result.path} {said}"))


def _render(session: Session, where: Path, found: Policy) -> None:
    from rich.text import Text

    session.out.print(Text.assemble((str(where), "bold"), (f"  {found.hash[:12]}", "dim")))
    for section, values in found.model_dump(mode="json").items():
        if not isinstance(values, dict):
            session.out.print(Text(f"{section} = {_shown(values)}"))
            continue
        session.out.print(Text(f"[{section}]", style="cyan"))
        for key, value in values.items():
            session.out.print(Text(f"  {key:22} {_shown(value)}"))


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"
