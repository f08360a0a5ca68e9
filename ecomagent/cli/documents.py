"""Every JSON document the tool prints or reads, by name, and the type that describes it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NotRequired

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from pydantic import TypeAdapter

DOCUMENTS = {
    "action": "ecomagent.domain.action:Action",
    "apply": "ecomagent.plan.report:ApplyReport",
    "audit": "ecomagent.audit:AuditReport",
    "audit_entries": "ecomagent.audit:AuditEntry[]",
    "decisions": "ecomagent.domain.plan:Decision[]",
    "demo": "ecomagent.cli.documents:DemoRun",
    "discarded": "ecomagent.cli.documents:Discarded",
    "error": "ecomagent.cli.documents:Failure",
    "evaluation": "evals.findings:SuiteResult",
    "exported": "ecomagent.cli.documents:Exported",
    "facts": "ecomagent.store.facts:FactsInfo",
    "goal": "ecomagent.domain.goal:Goal",
    "graph": "knowledge_graph.cards:GraphSummary",
    "import": "ecomagent.store.importers:ImportReport",
    "inbox": "ecomagent.plan.inbox:InboxRequest[]",
    "learnt": "ecomagent.plan.learnt:LearnReport",
    "node": "knowledge_graph.cards:NodeCard",
    "outcome": "ecomagent.domain.outcome:OutcomeReport",
    "path": "knowledge_graph.cards:PathCard",
    "plan": "ecomagent.domain.plan:Plan",
    "policy": "ecomagent.plan.policy:Policy",
    "policy_check": "ecomagent.plan.policy.doubts:PolicyCheck",
    "policy_path": "ecomagent.cli.documents:PolicyPath",
    "price_gate": "ecomagent.plan.price_gate:PriceGate",
    "quarantine": "ecomagent.store.importers:QuarantineList",
    "receipt": "ecomagent.domain.plan:Receipt",
    "search": "knowledge_graph.cards:SearchResult",
    "sku": "ecomagent.store.catalogue:SkuCard",
    "skus": "knowledge_graph.listing:CatalogueList",
    "status": "ecomagent.plan.overview:Overview",
    "suites": "evals.suites:Suites",
    "trained": "ecomagent.plan.challenger:TrainedChallenger",
    "workspace": "ecomagent.cli.documents:MadeWorkspace",
}
"""Name to where its type is; ``[]`` after it says that a list of them is printed."""


class Failure(TypedDict):
    """What went wrong: printed instead of the command's own document."""

    error: str
    where: str
    remedy: str
    exit_code: int
    log: NotRequired[str]
    """File with the details, where the fault lies in the program."""


class MadeWorkspace(TypedDict):
    """What ``init`` made."""

    workspace: str
    shop: dict[str, Any]
    database: str
    """URL of the store, without its password."""
    policy: str
    connector: str
    imported: dict[str, Any] | None
    """The import's report, where the sample shop was asked for."""


class Exported(TypedDict):
    """Files that hold quarantined rows to mend."""

    files: list[str]


class Discarded(TypedDict):
    """How many quarantined rows were let go."""

    discarded: int


class PolicyPath(TypedDict):
    """Where the policy lies."""

    path: str


class DemoRun(TypedDict):
    """The commands the demo ran, each with its exit code."""

    steps: list[DemoStep]
    seconds: float


class DemoStep(TypedDict):
    """One command of the demo."""

    command: str
    exit_code: int


def adapter_of(name: str) -> TypeAdapter[Any]:
    """What checks and describes a document.

    Raises:
        KeyError: No document is called that.
    """
    from pydantic import TypeAdapter

    module, attribute = DOCUMENTS[name].split(":")
    found: Any = getattr(import_module(module), attribute.removesuffix("[]"))
    return TypeAdapter(list[found] if attribute.endswith("[]") else found)


def schema_of(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a document as it is printed.

    Raises:
        KeyError: No document is called that.
    """
    return adapter_of(name).json_schema(mode="serialization")
