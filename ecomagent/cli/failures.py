"""Turns whatever goes wrong into a message, a log file and an exit code; in one place."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecomagent.cli.streams import silence
from ecomagent.domain.errors import EcomagentError, ExitCode

if TYPE_CHECKING:
    from ecomagent.cli.documents import Failure

ASKED_FOR_JSON = "--json"
INTERRUPTED = 130
"""Exit code of a command that was stopped with Ctrl-C, as shells count it."""


def run_safely(app: Callable[..., Any]) -> int:
    """Run the application and give its exit code; nothing escapes as a traceback."""
    try:
        result = app(standalone_mode=False)
    except EcomagentError as error:
        return _tell(error.what, error.where, error.remedy, code=error.exit_code)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(ExitCode.DONE)
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        silence(sys.stdout)
        return int(ExitCode.DONE)
    except Exception as error:
        return _from_unexpected(error)
    if result == INTERRUPTED:  # Typer turns Ctrl-C into this code itself
        return _stopped()
    return result if isinstance(result, int) else int(ExitCode.DONE)


def _stopped() -> int:
    if sys.stderr.isatty():
        sys.stderr.write("\n")  # the terminal shows ^C where the line was
    return _tell("stopped by you", "", "Run the same command again to go on.", code=INTERRUPTED)


def _from_unexpected(error: Exception) -> int:
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # wrong usage
        context = getattr(error, "ctx", None)
        hint = f"See `{context.command_path} --help`." if context is not None else ""
        return _tell(error.format_message(), "", hint, code=ExitCode.USAGE)
    if type(error).__name__ == "Abort":  # Ctrl-C or Ctrl-D where something was asked
        return _stopped()
    if isinstance(error, OSError):
        place = str(error.filename or "")
        return _tell(
            f"the system refused: {error.strerror or error}",
            place,
            "Check that the disk has room and that you may write there.",
            code=ExitCode.ERROR,
            log=_write_log(error),
        )
    return _tell(
        f"something went wrong inside ecomagent ({type(error).__name__})",
        "",
        "Nothing was half done: run the command again, and report it with the log file.",
        code=ExitCode.ERROR,
        log=_write_log(error),
    )


def _tell(what: str, where: str, remedy: str, *, code: int, log: Path | None = None) -> int:
    if ASKED_FOR_JSON in sys.argv:
        document: Failure = {
            "error": what, "where": where, "remedy": remedy, "exit_code": int(code),
        }  # fmt: skip
        if log:
            document["log"] = str(log)
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    lines = [f"error: {what}"]
    lines += [f"  where: {where}"] if where else []
    lines += [f"  what to do: {remedy}"] if remedy else []
    lines += [f"  log: {log}"] if log else []
    sys.stderr.write("\n".join(lines) + "\n")
    return int(code)


def _log_folder() -> Path:
    """The workspace's log folder, or the user's where there is no workspace."""
    from ecomagent.domain.workspace import WorkspacePaths
    from ecomagent.settings import find_workspace

    try:
        return WorkspacePaths(find_workspace()).logs
    except (EcomagentError, OSError):
        from platformdirs import user_log_path

        return Path(user_log_path("ecomagent"))


def _write_log(error: Exception) -> Path | None:
    """Keep the traceback in a file and name it; None where no file can be written."""
    now = datetime.now(UTC)
    try:
        folder = _log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{now:%Y%m%dT%H%M%S}-{os.getpid()}.log"
        text = "".join(traceback.format_exception(error))
        path.write_text(f"{now.isoformat()} {sys.argv[1:]}\n{text}", encoding="utf-8")
    except OSError:
        logging.getLogger(__name__).debug("no log file can be written", exc_info=error)
        return None
    return path
