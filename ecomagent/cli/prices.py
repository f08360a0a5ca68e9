"""prices: who sets list prices in a shop that learns, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ecomagent.cli.app import group
from ecomagent.cli.session import Session, command

if TYPE_CHECKING:
    from rich.table import Table

    from ecomagent.plan.challenger import TrainedChallenger
    from ecomagent.plan.price_gate import Estimate, PriceGate

prices = group("prices", "Prices that learn: who sets them, and how it is decided.")


@command(
    prices,
    prints="price_gate",
    examples=(
        "ecomagent prices judge",
        "ecomagent prices judge --restart",
        "ecomagent prices judge --json",
    ),
)
def judge(
    session: Session,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Try prices again, whatever earlier ones have shown."),
    ] = False,
) -> int | None:
    """Judge the policies that set prices by what drawn prices earned, and decide who is live.

    Prices that learn give way to the best known ones where they earn less; a challenger takes
    over only where the logged choices prove it better. Each plan in a shop that learns does this.
    """
    with session.progress("judging") as progress:
        progress("pricing", "reading what drawn prices earned")
        gate = session.workspace.judge_prices(restart=restart)
    session.emit(gate, lambda: _render(session, gate))
    return None


@command(
    prices,
    prints="trained",
    examples=("ecomagent prices train", "ecomagent prices train --steps 120000"),
)
def train(
    session: Session,
    steps: Annotated[
        int, typer.Option(min=2_000, max=10_000_000, help="Simulated weeks to train for.")
    ] = 60_000,
) -> int | None:
    """Train a reinforcement-learning challenger in a simulated market like this shop's.

    Plans then note its prices beside those they draw; it sets none until `prices judge` finds
    it better. Needs the extra `rl`.
    """
    with session.progress("training") as progress:
        progress("challenger", f"trying prices for {steps:,} simulated weeks")
        trained = session.workspace.train_challenger(steps)
    session.emit(trained, lambda: _tell(session, trained))
    return None


def _tell(session: Session, trained: TrainedChallenger) -> None:
    from rich.text import Text

    session.out.print(
        Text(
            f"{trained.challenger} is trained, on markets like the {trained.skus:,} SKUs of"
            f" {trained.plan_id}. Plans now note its prices; it sets none until it is proved"
            " better: ecomagent prices judge"
        )
    )


def _render(session: Session, gate: PriceGate) -> None:
    from rich.text import Text

    from ecomagent.plan.price_gate import NAMES

    settings = session.workspace.settings
    if settings.pricing.mode != "learn":
        session.out.print(
            Text('This shop does not learn: set `mode = "learn"` under [pricing] in'
                 " ecomagent.toml.", style="yellow")
        )  # fmt: skip
    session.out.print(Text(f"Live: {NAMES[gate.live][0]}. Why: {gate.why_en}.", style="bold"))
    if not gate.choices:
        return
    session.out.print(
        Text(f"{gate.choices:,} drawn prices of {gate.skus:,} SKUs tell of gross profit a SKU and"
             f" day, in {settings.shop.currency}:")
    )  # fmt: skip
    session.out.print(_table(gate))
    for each in gate.gains:
        unsure = "" if each.reliable else "; too few choices tell"
        session.out.print(
            Text(f"  {NAMES[each.policy][0]} against {NAMES[each.over][0]}: {_shown(each.gain)}"
                 f" (98 %, doubly robust; {each.effective:,.0f} choices tell{unsure})")
        )  # fmt: skip


def _table(gate: PriceGate) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("policy", "IPS (90 %)", "SNIPS", "doubly robust", "choices that tell"):
        table.add_column(name)
    for each in gate.policies:
        table.add_row(
            each.policy, _shown(each.ips), _shown(each.snips), _shown(each.doubly_robust),
            f"{each.effective:,.0f}{'' if each.reliable else ' (too few)'}",
        )  # fmt: skip
    return table


def _shown(each: Estimate) -> str:
    if each.low is None or each.high is None:
        return f"{each.value:,.2f}"
    return f"{each.value:,.2f} ({each.low:,.2f} … {each.high:,.2f})"
