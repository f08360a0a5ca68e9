"""A kept graph is read back as it was, made anew when it is not to be trusted, and never half."""

from datetime import timedelta

import pytest

from ecomagent.domain.errors import WorkspaceError
from ecomagent.domain.goal import Scope
from knowledge_graph import KnowledgeGraph, VectorIndex, build_graph, refresh


@pytest.fixture
def keep(tmp_path):
    """Refreshes graph and vectors of a view in one workspace, and tells what was made."""

    def call(view, **options) -> tuple[KnowledgeGraph, list[str]]:
        steps: list[str] = []
        kg = refresh(
            view, graph_folder=tmp_path / "graph", vectors_folder=tmp_path / "vectors",
            progress=lambda step, detail="": steps.append(step), **options,
        )  # fmt: skip
        return kg, steps

    return call


def test_a_kept_graph_is_read_back_as_it_was(kg, tmp_path):
    kg.save(tmp_path)
    back = KnowledgeGraph.open(tmp_path)
    assert back is not None
    assert (back.facts_hash, back.as_of, back.inputs) == (kg.facts_hash, kg.as_of, kg.inputs)
    assert list(back.edges()) == list(kg.edges())
    assert back.explain("M1", Scope(text="red mugs")) == kg.explain("M1", Scope(text="red mugs"))


def test_the_same_facts_give_the_same_files(shop, tmp_path):
    for folder in ("one", "other"):
        build_graph(shop).save(tmp_path / folder)
    names = [sorted(file.name for file in (tmp_path / f).iterdir()) for f in ("one", "other")]
    assert names[0] == names[1]
    for name in names[0]:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_graph_is_fresh_for_its_facts_and_moment_only(kg, tmp_path):
    kg.save(tmp_path)
    fresh = KnowledgeGraph.open_if_fresh
    assert fresh(tmp_path, facts_hash=kg.facts_hash, as_of=kg.as_of) is not None
    assert fresh(tmp_path, facts_hash="other", as_of=kg.as_of) is None
    later = kg.as_of + timedelta(days=1)
    assert fresh(tmp_path, facts_hash=kg.facts_hash, as_of=later) is None
    assert fresh(tmp_path / "empty", facts_hash=kg.facts_hash, as_of=kg.as_of) is None


@pytest.mark.parametrize("pattern", ["products-*", "links-*", "graph.json"])
def test_a_damaged_graph_is_made_anew(shop, keep, tmp_path, pattern):
    keep(shop)
    (file,) = (tmp_path / "graph").glob(pattern)
    file.write_bytes(b"\x00 torn")
    assert KnowledgeGraph.open(tmp_path / "graph") is None
    kg, steps = keep(shop)
    assert steps and len(kg) == len(shop.products)
    assert KnowledgeGraph.open(tmp_path / "graph") is not None


def test_nothing_is_made_while_the_facts_stay(shop, keep):
    assert keep(shop)[1]
    assert keep(shop)[1] == []
    assert keep(shop, anew=True)[1]


def test_only_changed_texts_are_embedded_again(shop, keep, tmp_path, monkeypatch):
    keep(shop)
    counted = []
    update = VectorIndex.update

    def counting(self, catalogue, **options):
        counted.append(update(self, catalogue, **options))
        return counted[-1]

    monkeypatch.setattr(VectorIndex, "update", counting)
    products = shop.products.copy()
    products.loc[products["sku"] == "M4", "title"] = "White cappuccino mug"
    changed = shop.but(products=products[products["sku"] != "P2"], hash="facts-2")
    kg, _ = keep(changed)
    assert counted == [1]
    assert VectorIndex.kept_texts(tmp_path / "vectors") == len(products) - 1
    assert kg.title("sku:M4") == "White cappuccino mug"


def test_a_refreshed_graph_is_what_building_from_nothing_gives(shop, keep, orders_of):
    keep(shop)
    lines = orders_of(*["M1 J1"] * 9, *["T1 P1"] * 9)
    changed = shop.but(lines=lines, hash="facts-2")
    kg, _ = keep(changed)
    anew = build_graph(changed)
    assert list(kg.edges()) == list(anew.edges())
    assert [each.sku for each in kg.related("M1", "bought_together")] == ["J1"]


def test_files_of_graphs_long_gone_are_dropped(shop, keep, tmp_path, orders_of):
    for number in range(4):
        keep(shop.but(lines=orders_of(*["M1 J1"] * (9 + number), "A B"), hash=f"facts-{number}"))
    assert len(list((tmp_path / "graph").glob("links-*"))) <= 2


def test_a_folder_that_cannot_be_written_is_said_so(shop, kg, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(WorkspaceError) as failure:
        kg.save(blocked / "graph")
    assert str(blocked) in failure.value.where
    with pytest.raises(WorkspaceError):
        refresh(shop, graph_folder=blocked / "graph", vectors_folder=tmp_path / "vectors")
