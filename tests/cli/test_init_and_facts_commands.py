"""`ecomagent init` and `ecomagent facts`, typed as a merchant types them."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ecomagent.cli import main


@dataclass(frozen=True)
class Answer:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Answer]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a folder, as the console script does."""
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("ECOMAGENT_WORKSPACE", "ECOMAGENT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, cwd: Path) -> Answer:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["ecomagent", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        return Answer(int(stop.value.code or 0), said.out, said.err)

    return call


def test_init_makes_a_workspace_and_says_what_comes_next(run: Run, tmp_path: Path):
    made = run("init", "my shop", "--currency", "gbp", "--country", "gb", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "cd 'my shop'" in made.stdout
    assert "ecomagent import" in made.stdout
    root = tmp_path / "my shop"
    settings = (root / "ecomagent.toml").read_text()
    assert 'timezone = "Europe/London"' in settings
    assert 'currency = "GBP"' in settings
    assert (root / "policy.toml").is_file()
    assert (root / ".ecomagent" / "store.db").is_file()
    status = run("facts", "show", cwd=root)
    assert status.returncode == 1
    assert "nothing was imported yet" in status.stderr


def test_the_first_import_ends_with_its_own_question(run: Run, tmp_path: Path):
    run("init", ".", "--currency", "GBP", "--country", "GB", cwd=tmp_path)
    (tmp_path / "till.csv").write_text("Artikel;Menge\nA;2\n", encoding="utf-8")
    asked = run("import", "till.csv", cwd=tmp_path)
    assert asked.returncode == 2
    assert "Which column holds the number of units?" in asked.stderr

    (tmp_path / "orders.csv").write_text(
        "order_id,sku,quantity,unit_price,ordered_at\n1,A,two,1.00,2024-03-01\n", encoding="utf-8"
    )
    bad = run("import", "orders.csv", cwd=tmp_path)
    assert bad.returncode == 0, bad.stderr
    listed = run("quarantine", "list", cwd=tmp_path).stdout
    id_shown = next(word for word in listed.split() if word.startswith("bad-"))
    assert run("quarantine", "discard", id_shown, cwd=tmp_path).returncode == 0


def test_a_shop_without_orders_has_no_days(run: Run, tmp_path: Path):
    run("init", ".", "--currency", "GBP", "--country", "GB", cwd=tmp_path)
    (tmp_path / "products.csv").write_text("sku,title\nA,Mug\n", encoding="utf-8")
    run("import", "products.csv", cwd=tmp_path)
    assert "0 order lines\n" in run("status", cwd=tmp_path).stdout


def test_init_never_overwrites_a_workspace(run: Run, tmp_path: Path):
    first = run("init", ".", "--currency", "GBP", "--country", "GB", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    before = (tmp_path / "ecomagent.toml").read_bytes()
    again = run("init", ".", "--currency", "USD", "--country", "US", cwd=tmp_path)
    assert again.returncode == 1
    assert "choose another folder" in again.stderr
    assert (tmp_path / "ecomagent.toml").read_bytes() == before


def test_init_leaves_what_else_is_in_the_folder(run: Run, tmp_path: Path):
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "policy.toml").write_text("version = 1\n")
    run("init", ".", "--currency", "GBP", "--country", "GB", cwd=tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert (tmp_path / "policy.toml").read_text() == "version = 1\n"


@pytest.mark.parametrize(
    ("arguments", "told", "code"),
    [
        (["--country", "GB"], "currency is missing", 2),
        (["--currency", "GBP"], "country is missing", 2),
        (["--currency", "QQQ", "--country", "GB"], "“QQQ” is not a currency", 1),
        (["--currency", "GBP", "--country", "UK"], "“UK” is not a country", 2),
        (["--currency", "GBP", "--country", "GB", "--timezone", "Mars/X"], "no time zone", 2),
        (["--currency", "GBP", "--country", "GB", "--connector", "mail"], "mail", 2),
        (["--sample", "--currency", "JPY"], "sample shop has", 2),
        (
            [
                "--currency",
                "GBP",
                "--country",
                "GB",
                "--database-url",
                "postgresql://127.0.0.1:1/x",
            ],
            "cannot be reached",
            1,
        ),
    ],
)
def test_init_says_what_it_cannot_take_and_makes_no_workspace(
    run: Run, tmp_path: Path, arguments, told, code
):
    refused = run("init", "shop", *arguments, cwd=tmp_path)
    assert refused.returncode == code
    assert told in refused.stderr
    assert "what to do" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "shop" / "ecomagent.toml").exists()


def test_a_country_with_several_time_zones_is_pointed_out(run: Run, tmp_path: Path):
    made = run("init", "s", "--currency", "USD", "--country", "US", "--json", cwd=tmp_path)
    assert json.loads(made.stdout)["shop"]["timezone"] == "UTC"
    assert "several time zones" in " ".join(made.stderr.split())


def test_a_workspace_on_postgresql_keeps_its_url_to_its_owner(
    run: Run, tmp_path: Path, pg_database: str
):
    url = ("--database-url", pg_database)
    made = run("init", "s", "--currency", "EUR", "--country", "DE", *url, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "s" / "ecomagent.toml").stat().st_mode & 0o077 == 0
    assert run("facts", "rebuild", cwd=tmp_path / "s").returncode == 0
    other = run("init", "t", "--currency", "EUR", "--country", "DE", *url, cwd=tmp_path)
    assert other.returncode == 1
    assert "holds another shop" in other.stderr


def test_a_url_that_only_the_environment_names_is_not_written_down(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    monkeypatch.setenv("ECOMAGENT_DATABASE_URL", url)
    made = run("init", "s", "--currency", "EUR", "--country", "DE", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "elsewhere.db").is_file()
    assert "elsewhere" not in (tmp_path / "s" / "ecomagent.toml").read_text()


def test_changed_settings_are_taken_over_or_refused(run: Run, tmp_path: Path):
    run("init", ".", "--currency", "GBP", "--country", "GB", cwd=tmp_path)
    settings = tmp_path / "ecomagent.toml"
    settings.write_text(settings.read_text().replace("Europe/London", "Asia/Tokyo"))
    rebuilt = run("facts", "rebuild", "--json", cwd=tmp_path)
    assert json.loads(rebuilt.stdout)["timezone"] == "Asia/Tokyo"
    settings.write_text(settings.read_text().replace("GBP", "USD"))
    refused = run("facts", "rebuild", cwd=tmp_path)
    assert refused.returncode == 2
    assert "kept in GBP" in refused.stderr
