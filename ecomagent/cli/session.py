"""What every command shares: the common options, the workspace, stdout and stderr."""

from __future__ import annotations

import functools
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.status import Status

    from ecomagent.bootstrap import Workspace
    from ecomagent.domain.ports import Progress


@dataclass
class Session:
    """The common options of one call, and what they lead to."""

    workspace_folder: Path | None = None
    database_url: str | None = None
    actor: str | None = None
    role: str | None = None
    json: bool = False
    verbose: int = 0
    quiet: bool = False
    _live: Status | Bars | None = None

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace named by flag, environment or folder."""
        from ecomagent.bootstrap import open_workspace

        opened = open_workspace(self.workspace_folder, database_url=self.database_url)
        return opened.acting_as(self.actor, self.role)

    @cached_property
    def out(self) -> Console:
        """Where results go."""
        from ecomagent.cli.console import PatientConsole

        return PatientConsole(file=sys.stdout, soft_wrap=not sys.stdout.isatty(), highlight=False)

    @cached_property
    def err(self) -> Console:
        """Where progress and messages go."""
        from ecomagent.cli.console import PatientConsole

        return PatientConsole(
            file=sys.stderr, stderr=True, quiet=self.quiet, highlight=False,
            soft_wrap=not sys.stderr.isatty(),
        )  # fmt: skip

    @property
    def interactive(self) -> bool:
        """Whether a person is there to answer."""
        return sys.stdin.isatty() and sys.stderr.isatty() and not self.json

    def emit(
        self, data: BaseModel | Mapping[str, Any] | Sequence[Any], render: Callable[[], None]
    ) -> None:
        """Print the result: as JSON when asked for, else as ``render`` draws it."""
        if not self.json:
            render()
            return
        plain = data.model_dump(mode="json") if hasattr(data, "model_dump") else data
        sys.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2, default=str) + "\n")

    def note(self, text: str) -> None:
        """A message beside the result, on stderr."""
        from rich.text import Text

        self.err.print(Text(text))

    @contextmanager
    def progress(self, title: str) -> Iterator[Progress]:
        """Shows what is being done: a live line on a terminal, one line a step elsewhere."""
        if self.quiet or not sys.stderr.isatty():
            yield self._plain_progress
            return
        from rich.markup import escape

        status = self.err.status(escape(title))
        with self.showing(status):

            def live(step: str, detail: str = "", /) -> None:
                status.update(escape(f"{step}: {detail}" if detail else step))
                if self.verbose:
                    self.note(f"  {step} {detail}")

            yield live

    @contextmanager
    def showing(self, live: Status | Bars) -> Iterator[None]:
        """Shows something that moves, which ``asking`` knows to hold back."""
        self._live = live
        try:
            with live:
                yield
        finally:
            self._live = None

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Holds back what moves, so that a question and its answer stand alone."""
        live = self._live
        if live is None:
            yield
            return
        live.stop()
        try:
            yield
        finally:
            live.start()

    def _plain_progress(self, step: str, detail: str = "", /) -> None:
        if self.verbose:
            self.note(f"  {step} {detail}".rstrip())


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Folder = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="Workspace folder (default: found upwards from here)."),
]
DatabaseUrl = Annotated[
    str | None, typer.Option("--database-url", help="Store to use, e.g. a PostgreSQL URL.")
]
ActorName = Annotated[str | None, typer.Option("--as", help="Who you are, for the audit log.")]
Role = Annotated[
    str | None, typer.Option("--role", help="Role you act in, as policy.toml names it.")
]
Verbose = Annotated[int, typer.Option("--verbose", "-v", count=True, help="Say more on stderr.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but errors.")]

COMMON: dict[str, tuple[Any, Any]] = {
    "json": (Json, False),
    "workspace_folder": (Folder, None),
    "database_url": (DatabaseUrl, None),
    "actor": (ActorName, None),
    "role": (Role, None),
    "verbose": (Verbose, 0),
    "quiet": (Quiet, False),
}


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    prints: str | tuple[str, ...],
    examples: tuple[str, ...],
) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Register a command whose first parameter is the session; adds the common options to it.

    Args:
        app: The Typer application or group it belongs to.
        name: Its name, where that is not the function's.
        prints: Which documents of ``documents.py`` it prints with ``--json``, the usual one first.
        examples: Complete command lines, shown at the end of its help.
    """

    def register(function: Callable[..., int | None]) -> Callable[..., int | None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        common = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for key, (kind, default) in COMMON.items()
        ]
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + common

        @functools.wraps(function)
        def call(**values: Any) -> int | None:
            session = Session(**{key: values.pop(key) for key in COMMON})
            return function(session, **values)

        call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        call.__annotations__ = {p.name: p.annotation for p in parameters}
        del call.__wrapped__  # type: ignore[attr-defined]
        call.prints = (prints,) if isinstance(prints, str) else prints  # type: ignore[attr-defined]
        shown = "Examples:\n\n" + "\n\n".join(examples)
        app.command(name, epilog=shown)(call)
        return function

    return register
