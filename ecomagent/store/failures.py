"""What a database says when something is wrong, in the merchant's words."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from ecomagent.domain.errors import EcomagentError, StoreError

_FREE_SPACE = "Free some space there, then run the command again; nothing was half written."
_MAY_WRITE = "Check that you may write to the file and to its folder."
_RESTORE = (
    "Put back a backup of the file, or move it away, make a new workspace and import your files"
    " again."
)
_TRY_LATER = "Wait until the other command is done, then run this one again."
_CONNECTION = "Check that the server runs, and the host, port, user and password in the URL."

_SQLITE = {
    "SQLITE_FULL": ("the disk is full", _FREE_SPACE),
    "SQLITE_READONLY": ("the store is read-only", _MAY_WRITE),
    "SQLITE_CANTOPEN": ("the store cannot be opened", _MAY_WRITE),
    "SQLITE_PERM": ("the store cannot be opened", _MAY_WRITE),
    "SQLITE_AUTH": ("the store cannot be opened", _MAY_WRITE),
    "SQLITE_NOTADB": ("the store is damaged: the file is no database", _RESTORE),
    "SQLITE_CORRUPT": ("the store is damaged", _RESTORE),
    "SQLITE_BUSY": ("another command has been writing to the store for too long", _TRY_LATER),
    "SQLITE_LOCKED": ("another command has been writing to the store for too long", _TRY_LATER),
    "SQLITE_IOERR": ("the disk failed while the store was read or written", _FREE_SPACE),
}
_POSTGRES = {
    "53100": ("the database server's disk is full", _FREE_SPACE),
    "53": ("the database server has no room or connections left", _TRY_LATER),
    "25006": ("the database is read-only", "Use a user or server that may write."),
    "42501": ("the database user may not do this", "Grant the user rights on the schema."),
    "55P03": ("another command has been writing to the store for too long", _TRY_LATER),
    "40": ("another command changed the same data at the same moment", _TRY_LATER),
    "3D000": ("there is no such database on the server", "Create it, e.g. `createdb shop`."),
    "28": ("the database server refused the user or password", _CONNECTION),
    "08": ("the connection to the database was lost", _CONNECTION),
    "57P": ("the database server is stopping or starting", _TRY_LATER),
}


def told_by_database(error: DBAPIError, shown: str) -> EcomagentError | DBAPIError:
    """The error as a user should read it, or itself where it is a mistake of ours.

    Args:
        error: What SQLAlchemy raised.
        shown: The database's URL or file, without a password.
    """
    if isinstance(error, IntegrityError):
        return error
    known = _from_sqlite(error.orig) or _from_postgres(error.orig)
    if known is not None:
        what, remedy = known
        return StoreError(what, where=shown, remedy=remedy)
    if isinstance(error, OperationalError):
        first = str(error.orig).strip().splitlines() or [""]
        return StoreError(
            "the store cannot be used", where=f"{shown}: {first[0]}", remedy=_CONNECTION
        )
    return error


def told_by_server(error: Exception, shown: str) -> StoreError:
    """The same for what PostgreSQL's own driver raised."""
    what, remedy = _from_postgres(error) or ("the store cannot be used", _CONNECTION)
    return StoreError(what, where=shown, remedy=remedy)


def _from_sqlite(error: BaseException | None) -> tuple[str, str] | None:
    name = getattr(error, "sqlite_errorname", None) or ""
    return _longest(_SQLITE, name)


def _from_postgres(error: BaseException | None) -> tuple[str, str] | None:
    code = getattr(error, "sqlstate", None) or ""
    if code:
        return _longest(_POSTGRES, code)
    return _from_refused_connection(str(error))


def _from_refused_connection(message: str) -> tuple[str, str] | None:
    """A connection that never came about has no code, only the client library's words."""
    if "does not exist" in message and "database" in message:
        return _POSTGRES["3D000"]
    if "authentication failed" in message or ("role" in message and "does not exist" in message):
        return _POSTGRES["28"]
    if "connection" in message and ("failed" in message or "timeout" in message):
        return "the database server cannot be reached", _CONNECTION
    return None


def _longest(known: dict[str, tuple[str, str]], code: str) -> tuple[str, str] | None:
    for length in range(len(code), 1, -1):
        if code[:length] in known:
            return known[code[:length]]
    return None
