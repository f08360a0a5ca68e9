"""Where everything of one shop lies on disk, and the settings kept in ``ecomagent.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ecomagent.domain.errors import ConfigError

CONFIG_NAME = "ecomagent.toml"


@dataclass(frozen=True)
class WorkspacePaths:
    """The files of a workspace; pure path arithmetic, nothing is read or made."""

    root: Path

    @property
    def config(self) -> Path:
        """Settings; marks the folder as a workspace."""
        return self.root / CONFIG_NAME

    @property
    def policy(self) -> Path:
        """What the tool may do."""
        return self.root / "policy.toml"

    @property
    def state(self) -> Path:
        """Everything the tool keeps for itself."""
        return self.root / ".ecomagent"

    @property
    def database(self) -> Path:
        """The SQLite store, where no database URL is set."""
        return self.state / "store.db"

    @property
    def facts(self) -> Path:
        """Columnar history (Parquet)."""
        return self.state / "facts"

    @property
    def graph(self) -> Path:
        """The knowledge graph."""
        return self.state / "graph"

    @property
    def vectors(self) -> Path:
        """The vector index (Chroma)."""
        return self.state / "vectors"

    @property
    def checkpoints(self) -> Path:
        """Where the agents' progress is kept between processes."""
        return self.state / "checkpoints.db"

    @property
    def runs(self) -> Path:
        """One folder a planning run: menus, forecasts, draws."""
        return self.state / "runs"

    @property
    def audiences(self) -> Path:
        """Lists of customer ids that planned campaigns are for; they never leave."""
        return self.state / "audiences"

    @property
    def models(self) -> Path:
        """Fitted models, one file each; may be deleted at any time."""
        return self.state / "models"

    @property
    def challenger(self) -> Path:
        """The trained pricing policy that may challenge the one that learns."""
        return self.models / "challenger.zip"

    @property
    def mappings(self) -> Path:
        """Confirmed column mappings of imported tables."""
        return self.state / "mappings.toml"

    @property
    def audit_head(self) -> Path:
        """Hash of the last audit entry, kept apart from the log itself."""
        return self.state / "audit.head"

    @property
    def lock(self) -> Path:
        """Held while something that writes is running."""
        return self.state / "lock"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.state / "logs"

    @property
    def outbox(self) -> Path:
        """Files the csv connector writes for bulk edits."""
        return self.root / "outbox"


SEVERAL_ZONES = {"CN": "Asia/Shanghai", "DE": "Europe/Berlin"}
"""Countries with one official time whose list of zones holds a second, local name."""


def country_code(country: str) -> str:
    """The ISO 3166 code of a country, upper case.

    Raises:
        ConfigError: It is none.
    """
    from babel.core import Locale

    code = country.strip().upper()
    if len(code) != 2 or code not in Locale("en").territories:
        raise ConfigError(
            f"“{country}” is not a country code",
            remedy="Use a two-letter ISO 3166 code such as CN, DE, GB or US.",
        )
    return code


def timezone_of(country: str) -> str | None:
    """The time zone of a country that has only one; None where the merchant has to say."""
    from babel.core import get_global

    zones = list(get_global("territory_zones").get(country, []))
    return SEVERAL_ZONES.get(country) or (zones[0] if len(zones) == 1 else None)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShopSettings(_Section):
    """The shop itself."""

    id: str
    name: str
    currency: str
    country: str
    timezone: str = "UTC"


class StoreSettings(_Section):
    """Where the data is kept; empty means SQLite in the workspace."""

    database_url: str = ""


class ConnectorSettings(_Section):
    """Which shop is written to."""

    name: Literal["local", "csv"] = "local"


class ModelSettings(_Section):
    """Which backend reads goals; ``rules`` needs no model."""

    backend: Literal["rules", "scripted"] = "rules"
    script: str = ""
    """File of recorded answers, for the scripted backend."""


class PricingSettings(_Section):
    """How list prices are set where a goal is about gross profit."""

    mode: Literal["optimise", "learn"] = "optimise"
    """``learn`` also tries, by chance and within policy, prices that might be better."""
    regret: float = Field(default=0.02, ge=0, lt=1)
    """Share of a SKU's gross profit that trying may be expected to cost in a calendar month."""


class MarketingSettings(_Section):
    """How campaigns find whom they move."""

    uplift: Literal["core", "econml"] = "core"
    """``econml`` lets its learners compete with the built-in ones; needs the extra ``uplift``."""


class ComputeSettings(_Section):
    """Where long computations run; the figures are the same everywhere."""

    engine: Literal["local", "spark"] = "local"
    """``spark`` needs the extra ``spark`` and a Java 17 runtime."""
    spark_master: str = "local[*]"
    """Spark's address; ``local[*]`` uses this machine's processors."""


class ActorSettings(_Section):
    """Who approves when nothing else says so; empty name means the system's user."""

    name: str = ""
    role: str = "owner"


class Settings(_Section):
    """All of ``ecomagent.toml``."""

    shop: ShopSettings
    store: StoreSettings = Field(default_factory=StoreSettings)
    connector: ConnectorSettings = Field(default_factory=ConnectorSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    pricing: PricingSettings = Field(default_factory=PricingSettings)
    marketing: MarketingSettings = Field(default_factory=MarketingSettings)
    compute: ComputeSettings = Field(default_factory=ComputeSettings)
    actor: ActorSettings = Field(default_factory=ActorSettings)
