"""`search`, `kg` and `catalog`, typed as a merchant types them, on a tiny shop."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from ecomagent.cli import main

PRODUCTS = """sku,title,category,brand,cost,price,tags,colour
M1,Red mug / 红色马克杯,Mugs / 马克杯,Bluewood,4.00,10.00,gift,red
M2,Blue mug / 蓝色马克杯,Mugs / 马克杯,Bluewood,,8.00,,blue
J1,Down jacket / 羽绒服,Winter jackets / 羽绒服,Northpeak,90.00,80.00,winter,navy
X1,"[bold]Odd[/bold] title with a comma, and brackets",Other,,1.00,2.00,,
"""
ORDERS = "order_id,line_id,sku,quantity,unit_price,ordered_at,customer_id\n" + "".join(
    f"O{n},{line},{sku},1,{price},2024-03-0{n + 1}T10:00:00Z,C{n}\n"
    for n in range(8)
    for line, (sku, price) in enumerate((("M1", "10.00"), ("J1", "80.00")) if n < 6 else
                                        (("M2", "8.00"), ("X1", "2.00")))
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


def typed(capsys, monkeypatch, folder: Path, *arguments: str) -> Answer:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["ecomagent", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    said = capsys.readouterr()
    return Answer(int(stop.value.code or 0), said.out, said.err)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture
def run(shop: Path, capsys, monkeypatch) -> Callable[..., Answer]:
    """Types a command in the shop's folder; the first one fills the shop."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("ECOMAGENT_WORKSPACE", "ECOMAGENT_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    if not (shop / "ecomagent.toml").exists():
        (shop / "data").mkdir()
        (shop / "data" / "products.csv").write_text(PRODUCTS, encoding="utf-8")
        (shop / "data" / "orders.csv").write_text(ORDERS, encoding="utf-8")
        for words in (("init", ".", "--currency", "GBP", "--country", "GB"), ("import", "data")):
            done = typed(capsys, monkeypatch, shop, *words)
            assert done.code == 0, done.err
    return lambda *words: typed(capsys, monkeypatch, shop, *words)


def test_search_finds_in_either_language(run):
    assert run("search", "red mug", "--json").json["hits"][0]["sku"] == "M1"
    assert run("search", "羽绒服", "--json").json["hits"][0]["sku"] == "J1"
    shown = run("search", "warm red mug", "-k", "1")
    assert "M1" in shown.out and "title says red, mug" in shown.out


def test_search_says_when_there_is_nothing(run):
    said = run("search", "submarine periscope")
    assert (said.code, said.out.strip()) == (0, "")
    assert "Nothing like that" in said.err


def test_a_title_is_shown_as_it_is_and_never_read_as_markup(run):
    assert "[bold]Odd[/bold]" in run("search", "odd brackets").out
    assert "[bold]Odd[/bold]" in run("catalog", "list", "X1").out
    assert "[bold]Odd[/bold]" in run("kg", "show", "X1").out
    assert "[bold]Odd[/bold]" in run("catalog", "show", "X1").out


def test_kg_show_tells_what_a_sku_is_and_what_goes_with_it(run):
    card = run("kg", "show", "M1", "--json").json
    assert card["path"][0] == "shop" and card["path"][-1] == "sku:M1"
    assert [each["sku"] for each in card["substitutes"]] == ["M2"]
    shown = run("kg", "show", "M1").out
    assert "Can replace it" in shown and "colour=red" in shown


def test_kg_shows_any_node_and_the_way_to_it(run):
    assert run("kg", "show", "brand:Bluewood", "--json").json["relations"][0]["count"] == 2
    way = run("kg", "path", "M1", "M2", "--json").json["path"]
    assert way == ["sku:M1", "substitute", "sku:M2"]
    assert "substitute" in run("kg", "path", "M1", "M2").out


def test_what_does_not_exist_is_said_with_a_remedy(run):
    for words in (("kg", "show", "nope"), ("catalog", "show", "nope"), ("catalog", "list", "nope")):
        said = run(*words)
        assert said.code == 2
        assert "nope" in said.err and "what to do" in said.err


def test_kg_build_makes_everything_again(run):
    made = run("kg", "build", "--json").json
    assert made["skus"] == made["texts"] == 4
    assert made["nodes"]["category"] == 3
    assert "Relations" in run("kg", "build").out


def test_catalog_list_narrows_by_words_and_figures(run):
    mugs = run("catalog", "list", "mugs", "--json").json
    assert [row["sku"] for row in mugs["skus"]] == ["M1", "M2"]
    assert mugs["taken_for"][0]["targets"][0] == "category:Mugs / 马克杯"
    assert mugs["skus"][0]["margin"] == pytest.approx(0.6)
    assert mugs["skus"][1]["cost"] is None and mugs["skus"][1]["margin"] is None
    dear = run("catalog", "list", "--below-cost", "--json").json
    assert [row["sku"] for row in dear["skus"]] == ["J1"]
    assert run("catalog", "list", "--brand", "northpeak", "--json").json["total"] == 1


def test_catalog_list_shows_a_table_of_80_columns(run):
    shown = run("catalog", "list", "--limit", "2")
    assert "2 of 4 SKUs" in shown.out
    assert all(len(line) <= 80 for line in shown.out.splitlines())


def test_catalog_show_has_price_cost_and_margin(run):
    card = run("catalog", "show", "M1", "--json").json
    assert (card["price"], card["cost"]) == ("10.00", "4.00")
    assert "margin 60.0 %" in run("catalog", "show", "M1").out


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("search", ("search", "mug")),
        ("node", ("kg", "show", "M1")),
        ("graph", ("kg", "build")),
        ("skus", ("catalog", "list")),
        ("sku", ("catalog", "show", "M1")),
    ],
)
def test_what_is_printed_is_what_the_schema_says(run, document, words):
    schema = run("schema", document).json
    jsonschema.validate(run(*words, "--json").json, schema)
