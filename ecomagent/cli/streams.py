"""The program's own streams: made ready when they are closed, silenced when nobody reads."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import IO


def ready_streams() -> None:
    """Give closed streams somewhere to go, and the others an answer to what they cannot encode.

    A closed stream's number would otherwise go to the next file opened, such as the store.
    JSON is UTF-8 whatever the locale; other text shows “?” for what the terminal cannot.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    if "--json" in sys.argv and isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def silence(stream: IO[str]) -> None:
    """Let what is written go nowhere from now on, since a pipe's reader has left."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
