"""A console that goes on without its reader: `| head -1` must not stop a run or change its code."""

from __future__ import annotations

from rich.console import Console

from ecomagent.cli.streams import silence


class PatientConsole(Console):
    """Rich's console, which would leave the program where a pipe's reader has left."""

    def on_broken_pipe(self) -> None:
        """Say nothing more."""
        self.quiet = True
        silence(self.file)
