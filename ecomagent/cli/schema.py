"""schema: the documented shape of every JSON document the tool prints or reads."""

from __future__ import annotations

from typing import Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command


@command(app, prints=(), examples=("ecomagent schema", "ecomagent schema plan > plan.schema.json"))
def schema(
    session: Session,
    document: Annotated[str, typer.Argument(help="Which document; empty lists them.")] = "",
) -> int | None:
    """Print the JSON Schema of a document, e.g. of what `plan --json` prints."""
    import json

    from ecomagent.cli.documents import DOCUMENTS, schema_of
    from ecomagent.domain.errors import UsageError

    if not document:
        session.emit(sorted(DOCUMENTS), lambda: session.out.print("\n".join(sorted(DOCUMENTS))))
        return None
    if document not in DOCUMENTS:
        raise UsageError(
            f"there is no document “{document}”", remedy=f"Use one of {', '.join(DOCUMENTS)}."
        )
    typer.echo(json.dumps(schema_of(document), ensure_ascii=False, indent=2))
    return None
