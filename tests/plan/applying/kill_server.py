"""Starts processes that apply a plan (or take it back) and kill themselves; then runs it again.

A process of its own, so that it can fork: imports are paid once, every kill is a real SIGKILL of
a real process. Prints one JSON object: the kill points, and where the shop was not right after.

Usage: kill_server.py FOLDER local|csv apply|rollback steps|all KINDS [POSTGRESQL_SERVER]

``steps`` kills at each step that apply tells of; ``all`` also at every writing statement, before
and after every commit, and at every file operation. KINDS are the plan's actions, by comma.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import small_shop
from small_shop import (
    NOW,
    Shop,
    counts,
    customers_view,
    decide,
    every_kind_of_action,
    files,
    sealed,
)
from sqlalchemy import event
from sqlmodel import Session

from ecomagent.domain.errors import PlanError
from ecomagent.plan.policy import write_default_policy


class Points:
    """Counts the points a run passes, and ends the process at one of them."""

    def __init__(self, kill_at: int | None, *, fine: bool, folder: Path) -> None:
        self.names: list[str] = []
        self._kill_at = kill_at
        self._fine = fine
        self._folder = str(folder)

    def reached(self, name: str) -> None:
        self.names.append(name)
        if self._kill_at == len(self.names) - 1:
            os.kill(os.getpid(), signal.SIGKILL)

    def step(self, step: str, detail: str = "", /) -> None:
        self.reached(f"{step} {detail}")

    def watch(self, shop: Shop) -> None:
        """Also count every writing statement, every commit and every file operation."""
        if not self._fine:
            return

        @event.listens_for(shop.database.engine, "before_cursor_execute")
        def statement(connection: Any, cursor: Any, text: str, *rest: Any) -> None:
            verb = text.split(None, 1)[0].upper()
            if verb in ("INSERT", "UPDATE", "DELETE"):
                self.reached(f"{verb} {text.split()[1 if verb == 'UPDATE' else 2]}")

        @event.listens_for(Session, "before_commit")
        def before(session: Any) -> None:
            self.reached("before commit")

        @event.listens_for(Session, "after_commit")
        def after(session: Any) -> None:
            self.reached("after commit")

        sys.addaudithook(self._file)

    def _file(self, name: str, given: tuple[Any, ...]) -> None:
        if name not in ("open", "os.rename", "os.mkdir", "os.remove"):
            return
        path = str(given[0])
        if not path.startswith(self._folder) or "store.db" in path:
            return
        if name == "open" and not (isinstance(given[1], str) and set(given[1]) & set("wax")):
            return
        self.reached(f"{name} {Path(path).name}")


def do_apply(shop: Shop, points: Points) -> None:
    plan = shop.repository.get_plan(shop.repository.list_plans(1)[0].plan_id)
    shop.apply(plan, progress=points.step)


def do_rollback(shop: Shop, points: Points) -> None:
    summary = next(s for s in shop.repository.list_plans(None) if s.rollback_of is None)
    plan = shop.repository.get_plan(summary.plan_id)
    points.step("rollback")
    try:
        back = small_shop.roll_back(shop, plan)
    except PlanError:
        return  # the earlier run had finished
    points.step("approve")
    decided = shop.repository.decisions_of(back.plan_id)
    missing = [action.id for action in back.actions if action.id not in decided]
    if missing:
        decide(shop, back, small_shop.DecisionChoice.APPROVE, *missing)
    shop.apply(back, progress=points.step)


MODES: dict[str, Callable[[Shop, Points], None]] = {"apply": do_apply, "rollback": do_rollback}


def prepare(folder: Path, connector: str, mode: str, kinds: list[str], url: str) -> None:
    """The shop with its approved plan, applied already where it is to be taken back."""
    folder.mkdir(parents=True)
    shop = Shop(folder, connector, url)
    small_shop.fill(shop.database)
    write_default_policy(folder / "policy.toml", "GBP")
    actions = every_kind_of_action(shop.connector)
    plan = sealed(shop, tuple(a for a in actions if a.kind.value in kinds))
    decide(shop, plan)
    if mode == "rollback":
        shop.clock.moment += timedelta(days=1)
        shop.apply(plan)
    shop.database.close()


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """Run in a forked process; its wait status and what it gave back, if it lived."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            result = json.dumps(work(), default=str)  # PostgreSQL gives moments as such
        except BaseException:
            result = json.dumps({"crashed": traceback.format_exc()})
        with os.fdopen(writer, "w") as pipe:
            pipe.write(result)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    return os.waitpid(child, 0)[1], json.loads(said) if said else None


def run(shop: Shop, mode: str, kill_at: int | None, *, fine: bool) -> Any:
    """One run of apply or rollback, killed at a point or not; what it left."""
    shop.clock.moment = NOW + timedelta(days=2, minutes=0 if kill_at is not None else 5)
    points = Points(kill_at, fine=fine, folder=shop.folder)
    points.watch(shop)
    MODES[mode](shop, points)
    names, report = list(points.names), shop.audit.verify()
    return {
        "points": names,
        "view": customers_view(shop),
        "counts": counts(shop),
        "files": sorted(files_by_name(shop).items()),
        "audit": report.ok,
        "problem": report.problem,
    }


def made(server: str, name: str, like: str = "template1") -> str:
    """URL of a database made anew on the server; none for SQLite, whose file is in the folder."""
    if not server:
        return ""
    import psycopg

    plain = server.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(f"{plain}/postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    return f"{server}/{name}"


def fresh(template: Path, work: Path, server: str) -> str:
    """The work folder, and its database, as the template's are."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(template, work)
    return made(server, "kill_work", "kill_template")


def files_by_name(shop: Shop) -> dict[str, str]:
    """The outbox, without the plan's id where a rollback made again has another."""
    newest = max((p.plan_id for p in shop.repository.list_plans(None) if p.rollback_of), default="")
    return {path.replace(newest, "rollback") if newest else path: text
            for path, text in files(shop).items()}  # fmt: skip


def main(folder: Path, connector: str, mode: str, grain: str, kinds: str, server: str = "") -> None:
    fine = grain == "all"
    template, work = folder / "template", folder / "work"
    prepare(template, connector, mode, kinds.split(","), made(server, "kill_template"))
    shop = Shop(work, connector, fresh(template, work, server))
    if not server:
        event.listen(
            shop.database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=0")
        )
    run(shop, mode, None, fine=False)  # so that what is compiled once is so before the forks
    shop.database.close()  # no connection may cross a fork
    gc.disable()
    gc.freeze()
    fresh(template, work, server)
    _, expected = in_child(lambda: run(shop, mode, None, fine=fine))
    if "crashed" in expected:
        raise SystemExit(expected["crashed"])
    wrong = []
    for number, name in enumerate(expected["points"]):
        fresh(template, work, server)
        status, said = in_child(lambda number=number: run(shop, mode, number, fine=fine))
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            wrong.append({"point": name, "not killed": said})
            continue
        _, found = in_child(lambda: run(shop, mode, None, fine=False))
        different = {
            key: found.get(key, found)
            for key in ("view", "counts", "files", "audit")
            if found.get(key) != expected[key]
        }
        if different:
            wrong.append({"point": name, "number": number} | different)
    result = {"points": expected["points"], "wrong": wrong, "counts": expected["counts"]}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
