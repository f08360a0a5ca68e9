"""init: make a workspace."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ecomagent.cli.app import app
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from ecomagent.bootstrap import Workspace
    from ecomagent.cli.documents import MadeWorkspace
    from ecomagent.store.importers import ImportReport

SAMPLE_SEED = 7
SAMPLE_FOLDER = "sample"


@command(
    app,
    prints="workspace",
    examples=(
        "ecomagent init myshop --currency GBP --country GB",
        "ecomagent init myshop --currency USD --country US --timezone America/New_York",
        "ecomagent init myshop --currency EUR --country DE --database-url postgresql://me@host/shop",
        "ecomagent init demo --sample",
    ),
)
def init(
    session: Session,
    folder: Annotated[Path, typer.Argument(help="Folder to make.")] = Path("."),
    currency: Annotated[str, typer.Option(help="The shop's currency, ISO 4217.")] = "",
    country: Annotated[str, typer.Option(help="The shop's country, ISO 3166.")] = "",
    name: Annotated[str, typer.Option(help="The shop's name (default: the folder's).")] = "",
    timezone: Annotated[
        str, typer.Option(help="The shop's time zone (default: the country's, if it has one).")
    ] = "",
    connector: Annotated[
        Literal["local", "csv"],
        typer.Option(help="Shop to write to: the store's own, or files for bulk edits."),
    ] = "local",
    sample: Annotated[
        bool, typer.Option("--sample", help="Fill it with the generated sample shop.")
    ] = False,
) -> int | None:
    """Make a workspace: settings, policy, an empty store."""
    from ecomagent.bootstrap import init_workspace

    if sample:
        currency, country, timezone = _as_the_sample(currency, country, timezone)
    workspace = init_workspace(
        folder,
        currency=currency or _asked(session, "currency", "three letters, e.g. GBP"),
        country=country or _asked(session, "country", "two letters, e.g. GB"),
        name=name,
        timezone=timezone,
        database_url=session.database_url or "",
        connector=connector,
    )
    _warn(session, workspace, timezone)
    report = _fill(session, workspace) if sample else None
    told: MadeWorkspace = {
        "workspace": str(workspace.paths.root),
        "shop": workspace.settings.shop.model_dump(mode="json"),
        "database": workspace.database.shown,
        "policy": str(workspace.paths.policy),
        "connector": workspace.settings.connector.name,
        "imported": report.model_dump(mode="json") if report is not None else None,
    }
    session.emit(told, lambda: _render(session, workspace, folder, report))
    workspace.database.close()
    return None


def _as_the_sample(currency: str, country: str, timezone: str) -> tuple[str, str, str]:
    """Currency, country and time zone that the sample shop has; another one cannot be meant."""
    from ecomagent.domain.errors import UsageError
    from evals.sample.parameters import SampleParameters

    has = SampleParameters()
    for asked, given, word in (
        (currency, has.currency, "--currency"),
        (country, has.country, "--country"),
        (timezone, has.timezone, "--timezone"),
    ):
        if asked and asked.upper() != given.upper():
            raise UsageError(
                f"the sample shop has {given}, not {asked}",
                where=word,
                remedy=f"Leave {word} out, or leave --sample out and import your own files.",
            )
    return has.currency, has.country, has.timezone


def _asked(session: Session, what: str, form: str) -> str:
    from ecomagent.domain.errors import UsageError

    if session.interactive:
        return str(typer.prompt(f"The shop's {what} ({form})", err=True))
    raise UsageError(
        f"the shop's {what} is missing",
        remedy=f"Add --{what} ({form}), or --sample for the generated shop.",
    )


def _warn(session: Session, workspace: Workspace, timezone: str) -> None:
    """What the merchant should know of the choices made for them."""
    shop = workspace.settings.shop
    if not timezone and shop.timezone == "UTC":
        session.note(
            f"{shop.country} has several time zones: days are counted in UTC. Name yours in"
            f" {workspace.paths.config.name} before you import, e.g. America/New_York."
        )
    if "@" in (session.database_url or ""):
        session.note(
            f"The database URL is kept in {workspace.paths.config.name}, which only you may read."
            " To keep a password out of it, set ECOMAGENT_DATABASE_URL instead."
        )


def _fill(session: Session, workspace: Workspace) -> ImportReport:
    """Generate the sample shop up to yesterday and import it."""
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from ecomagent.bootstrap import refresh_graph
    from ecomagent.store.importers import import_path
    from evals.sample_shop import write_sample_shop

    shop = workspace.settings.shop
    now = workspace.clock.now()
    bundle = workspace.paths.root / SAMPLE_FOLDER
    yesterday = now.astimezone(ZoneInfo(shop.timezone)).date() - timedelta(days=1)
    with session.progress("making the sample shop") as progress:
        progress("sample", "generating 300 products and two years of orders")
        write_sample_shop(bundle, seed=SAMPLE_SEED, end=yesterday)

        def refresh() -> None:
            refresh_graph(workspace, progress)

        return import_path(
            bundle,
            database=workspace.database,
            facts_folder=workspace.paths.facts,
            settings=shop,
            mappings_file=workspace.paths.mappings,
            mapping=None,
            confirm=None,
            now=now,
            progress=progress,
            after=refresh,
        )


def _render(
    session: Session, workspace: Workspace, folder: Path, report: ImportReport | None
) -> None:
    from rich.text import Text

    shop, out = workspace.settings.shop, session.out
    out.print(Text.assemble("Made the workspace ", (str(workspace.paths.root), "bold")))
    out.print(Text(f"  shop      {shop.name}: {shop.currency}, {shop.country}, {shop.timezone}"))
    out.print(Text(f"  store     {workspace.database.shown}"))
    out.print(Text("  policy    policy.toml: what the tool may do; look through it once"))
    if report is not None:
        days = f"{report.first_day} to {report.last_day}"
        out.print(Text(f"  imported  {report.products:,} products, orders from {days}"))
    out.print(Text("Next:"))
    if folder.resolve() != Path.cwd():
        out.print(Text(f"  cd {shlex.quote(str(folder))}"))
    if report is None:
        out.print(Text("  ecomagent import FILE      any sales export, or a folder of files"))
    else:
        out.print(Text("  ecomagent status"))
    goal = "Grow gross profit next month, margin at least 35%"
    out.print(Text(f'  ecomagent plan "{goal}"'))
