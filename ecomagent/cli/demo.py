"""demo: the whole road on the generated sample shop, narrated, with the very commands to type."""

from __future__ import annotations

import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.cli.documents import DemoRun

GOAL = "Clear winter jackets in 6 weeks, margin at least 20%, spend at most ¥20,000"
SAME_GOAL = "6周内清掉羽绒服库存,毛利率不低于20%,预算2万元"


@command(app, prints="demo", examples=("ecomagent demo", "ecomagent demo --keep myshop"))
def demo(
    session: Session,
    keep: Annotated[
        Path | None, typer.Option(help="Folder to keep the shop in (default: thrown away).")
    ] = None,
) -> int | None:
    """Run the whole road on a generated shop: import, plan, approve, apply, take back."""
    import time

    started = time.monotonic()
    run: DemoRun = {"steps": [], "seconds": 0.0}
    # With --json the story is a message beside the result, so it goes to stderr.
    with _folder(keep) as folder, redirect_stdout(sys.stderr if session.json else sys.stdout):
        for told, arguments in _steps(session, folder):
            code = _step(session, told, arguments)
            run["steps"].append({"command": arguments[0], "exit_code": code})
            if code not in (0, 3):
                return code
    run["seconds"] = round(time.monotonic() - started, 1)

    def render() -> None:
        session.out.print(f"\nDone in {run['seconds']:.0f} s.", style="bold green")
        if keep is not None:
            session.out.print(f"The shop is in {keep}: cd {shlex.quote(str(keep))}")

    session.emit(run, render)
    return None


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="ecomagent-demo-") as folder:
        yield Path(folder) / "sample"


def _steps(session: Session, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """What to say and what to run; later commands name what earlier ones made."""
    yield (
        "A shop of 300 products with two years of orders is generated and imported.",
        ["init", str(folder), "--sample"],
    )
    yield "How does it stand?", ["status"]
    yield "A merchant states a goal. Agents plan; policy checks; nothing is changed.", [
        "plan", GOAL, "--yes",
    ]  # fmt: skip
    plan = session.workspace.repository.list_plans(1)[0].plan_id
    first = session.workspace.repository.get_plan(plan).actions[0]
    yield "Why this action? Every figure leads back to its data.", ["explain", first.id]
    yield "The same goal in Chinese gives the same actions.", ["plan", SAME_GOAL, "--yes"]
    yield "Ops staff approve; here all at once, usually one by one in `review`.", [
        "approve", plan, "--all",
    ]  # fmt: skip
    yield "What was approved is carried out, exactly once, and nothing else.", ["apply", plan]
    yield "Applying again changes nothing.", ["apply", plan]
    if first.target.type == "sku":
        yield "The shop shows it.", ["catalog", "show", first.target.id]
    yield "And back as it was: a rollback is a plan of its own, on the same road.", [
        "rollback", plan, "--yes",
    ]  # fmt: skip
    yield "Everything is on a log that cannot be changed unseen.", ["audit", "verify"]


def _step(session: Session, told: str, arguments: list[str]) -> int:
    from rich.text import Text

    out = session.out
    shown = shlex.join(["ecomagent", *arguments])
    out.print()
    out.print(Text.assemble(("▌ ", "cyan"), (told, "bold")))
    out.print(Text(f"$ {shown}", style="cyan"), soft_wrap=True)
    if arguments[0] != "init" and session.workspace_folder is not None:
        arguments = [*arguments, "--workspace", str(session.workspace_folder)]
    elif arguments[0] == "init":
        session.workspace_folder = Path(arguments[1])
    result = app(arguments, standalone_mode=False)
    return result if isinstance(result, int) else 0
