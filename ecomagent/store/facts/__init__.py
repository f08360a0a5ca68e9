"""History in columns, derived from the store into Parquet, read as of a moment with DuckDB."""

from ecomagent.store.facts.build import rebuild_facts, update_facts
from ecomagent.store.facts.manifest import FactsInfo
from ecomagent.store.facts.reading import Facts
from ecomagent.store.facts.view import FactsView

__all__ = ["Facts", "FactsInfo", "FactsView", "rebuild_facts", "update_facts"]
