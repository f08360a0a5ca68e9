"""search, kg, catalog: look at what is sold, what it costs, and what belongs together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import app, group
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from knowledge_graph import KnowledgeGraph

kg = group("kg", "Look at the knowledge graph: what belongs together, and why.")
catalog = group("catalog", "Look at the shop's SKUs.")


@command(
    app,
    prints="search",
    examples=('ecomagent search "warm red mug"', 'ecomagent search "红色马克杯" --limit 5 --json'),
)
def search(
    session: Session,
    words: Annotated[str, typer.Argument(help="What to look for, in English or Chinese.")],
    limit: Annotated[int, typer.Option("--limit", "-k", help="How many at most.", min=1)] = 10,
) -> int | None:
    """Find SKUs by what they are called, in either language, or nearly so."""
    from ecomagent.cli.catalogue_text import hits_table
    from knowledge_graph import VectorIndex
    from knowledge_graph import search as look_up
    from knowledge_graph.cards import SearchResult

    graph = _graph(session)
    index = VectorIndex.open_if_any(session.workspace.paths.vectors)
    if index is None:
        session.note("The search index cannot be read: words alone are used. Mend it with"
                     " `ecomagent kg build`.")  # fmt: skip
    found = SearchResult.of(words, look_up(words, graph, index, limit))
    session.emit(found, lambda: session.out.print(hits_table(found)) if found.hits else None)
    if not found.hits:
        session.note("Nothing like that in this shop. See what there is: ecomagent catalog list")
    return None


@command(
    kg,
    "show",
    prints="node",
    examples=(
        "ecomagent kg show 85123A",
        'ecomagent kg show "category:Mugs"',
        "ecomagent kg show 85123A --json",
    ),
)
def kg_show(
    session: Session,
    name: Annotated[str, typer.Argument(help="SKU, or a node such as category:Mugs.")],
    limit: Annotated[int, typer.Option(help="How many related SKUs of each sort.", min=1)] = 8,
) -> int | None:
    """Show what a SKU is, what goes with it and what can replace it."""
    from ecomagent.cli.catalogue_text import node_screen
    from knowledge_graph.cards import node_card

    card = node_card(_graph(session), name, limit=limit)
    session.emit(card, lambda: _print(session, node_screen(card)))
    return None


@command(
    kg,
    "path",
    prints="path",
    examples=("ecomagent kg path 85123A 22423", "ecomagent kg path shop 85123A"),
)
def kg_path(
    session: Session,
    source: Annotated[str, typer.Argument(help="SKU or node to start from.")],
    target: Annotated[str, typer.Argument(help="SKU or node to reach.")],
) -> int | None:
    """Show the shortest way from one SKU or node to another."""
    from ecomagent.cli.catalogue_text import path_text
    from knowledge_graph.cards import path_between

    found = path_between(_graph(session), source, target)
    session.emit(found, lambda: session.out.print(path_text(found.path)))
    return None


@command(kg, "build", prints="graph", examples=("ecomagent kg build", "ecomagent kg build --json"))
def kg_build(session: Session) -> int | None:
    """Build graph and search index again from the facts, from nothing."""
    from ecomagent.cli.catalogue_text import summary_table
    from knowledge_graph import VectorIndex
    from knowledge_graph.cards import summarise

    graph = _graph(session, anew=True)
    texts = VectorIndex.kept_texts(session.workspace.paths.vectors) or 0
    summary = summarise(graph, texts)
    session.emit(summary, lambda: session.out.print(summary_table(summary)))
    return None


@command(
    catalog,
    "show",
    prints="sku",
    examples=("ecomagent catalog show 85123A", "ecomagent catalog show 85123A --json"),
)
def catalog_show(
    session: Session, sku: Annotated[str, typer.Argument(help="The SKU.")]
) -> int | None:
    """Show one SKU: price, cost, stock, and how they came about."""
    from ecomagent.cli.catalogue_text import card_screen
    from ecomagent.store.catalogue import read_card

    workspace = session.workspace
    card = read_card(workspace.database, sku, now=workspace.clock.now())
    session.emit(card, lambda: _print(session, card_screen(card)))
    return None


@command(
    catalog,
    "list",
    prints="skus",
    examples=(
        'ecomagent catalog list "red mugs"',
        "ecomagent catalog list --category Mugs --below-cost",
        "ecomagent catalog list 羽绒服 --json",
    ),
)
def catalog_list(
    session: Session,
    words: Annotated[
        str, typer.Argument(help="Only what these words mean, as a goal would say it.")
    ] = "",
    category: Annotated[str, typer.Option(help="Only of this category and below it.")] = "",
    brand: Annotated[str, typer.Option(help="Only of this brand.")] = "",
    status: Annotated[str, typer.Option(help="Only active, draft or archived ones.")] = "",
    below_cost: Annotated[
        bool, typer.Option("--below-cost", help="Only what is priced at or below cost.")
    ] = False,
    out_of_stock: Annotated[
        bool, typer.Option("--out-of-stock", help="Only what is on sale and out of stock.")
    ] = False,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 50,
) -> int | None:
    """List SKUs with price, cost, margin and stock, and what your words were taken for."""
    from ecomagent.cli.catalogue_text import list_screen
    from ecomagent.plan.standing import as_shown, start_of_day
    from knowledge_graph import VectorIndex
    from knowledge_graph.listing import Narrowing, list_catalogue

    workspace = session.workspace
    graph = _graph(session)
    facts = workspace.facts()
    view = facts.as_of(start_of_day(workspace.clock.now(), facts.timezone))
    wanted = Narrowing(
        words=words, category=category, brand=brand, status=status, below_cost=below_cost,
        out_of_stock=out_of_stock,
    )  # fmt: skip
    shown, _ = as_shown(view.catalogue(), workspace.connector, view.currency)
    found = list_catalogue(
        shown, graph, VectorIndex.open_if_any(workspace.paths.vectors), wanted,
        currency=view.currency, limit=limit,
    )  # fmt: skip
    session.emit(found, lambda: _print(session, list_screen(found)))
    return None


def _graph(session: Session, *, anew: bool = False) -> KnowledgeGraph:
    from ecomagent.bootstrap import refresh_graph

    with session.progress("reading the knowledge graph") as progress:
        return refresh_graph(session.workspace, progress, anew=anew)


def _print(session: Session, parts: Iterable[RenderableType]) -> None:
    for part in parts:
        session.out.print(part)
