"""schema: the documented shape of every JSON document the tool prints or reads."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from pydantic import BaseModel

DOCUMENTS = {
    "plan": "ecomagent.domain.plan:Plan",
    "goal": "ecomagent.domain.goal:Goal",
    "decision": "ecomagent.domain.plan:Decision",
    "receipt": "ecomagent.domain.plan:Receipt",
    "apply": "ecomagent.plan.apply:ApplyReport",
    "import": "ecomagent.store.importers:ImportReport",
    "status": "ecomagent.plan.overview:Overview",
    "sku": "ecomagent.store.catalogue:SkuCard",
    "skus": "knowledge_graph.listing:CatalogueList",
    "search": "knowledge_graph.cards:SearchResult",
    "node": "knowledge_graph.cards:NodeCard",
    "graph": "knowledge_graph.cards:GraphSummary",
    "policy": "ecomagent.plan.policy:Policy",
    "policy_check": "ecomagent.plan.policy.doubts:PolicyCheck",
    "audit": "ecomagent.audit:AuditReport",
}
"""Name to the model that writes it."""


def model_of(name: str) -> type[BaseModel]:
    """The model behind a document's name."""
    module, attribute = DOCUMENTS[name].split(":")
    found: type[BaseModel] = getattr(import_module(module), attribute)
    return found


@command(app, examples=("ecomagent schema", "ecomagent schema plan > plan.schema.json"))
def schema(
    session: Session,
    document: Annotated[str, typer.Argument(help="Which document; empty lists them.")] = "",
) -> int | None:
    """Print the JSON Schema of a document, e.g. of what `plan --json` prints."""
    import json

    from ecomagent.domain.errors import UsageError

    if not document:
        session.emit(sorted(DOCUMENTS), lambda: session.out.print("\n".join(sorted(DOCUMENTS))))
        return None
    if document not in DOCUMENTS:
        raise UsageError(
            f"there is no document “{document}”", remedy=f"Use one of {', '.join(DOCUMENTS)}."
        )
    found = model_of(document).model_json_schema(mode="serialization")
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    return None
