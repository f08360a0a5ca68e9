"""Product texts in a real Chroma on disk."""

import json
import shutil

import numpy as np
import pytest

from knowledge_graph import HashedNgrams, VectorIndex


class Lengths:
    """An embedder of another make."""

    name = "lengths"
    dimensions = 2
    clear_score = 0.9

    def embed(self, texts):
        made = np.array([[len(text), 10.0] for text in texts], dtype=np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_the_nearest_text_comes_first_in_either_language(index):
    assert index.search("red mug", 2)[0][0] in {"M1", "M2"}
    assert index.search("down jacket", 1)[0][0] in {"J1", "J3"}
    assert {sku for sku, _ in index.search("羽绒服", 2)} == {"J1", "J3"}


def test_scores_are_cosines_in_falling_order(index):
    scores = [score for _, score in index.search("mug", 6)]
    assert scores == sorted(scores, reverse=True)
    assert all(-1 <= score <= 1 for score in scores)


@pytest.mark.parametrize("words", ["", "  ", "!!!"])
def test_no_words_are_near_nothing(index, words):
    assert index.search(words, 3) == ()


def test_an_index_is_the_same_when_opened_again(kg, tmp_path):
    VectorIndex(tmp_path).update(kg.catalogue)
    again = VectorIndex.open_if_any(tmp_path)
    other = VectorIndex(tmp_path / "other")
    other.update(kg.catalogue)
    assert again is not None and len(again) == len(kg.catalogue)
    assert again.search("blue cup", 8) == other.search("blue cup", 8)


def test_there_is_no_index_before_one_was_written_whole(kg, tmp_path):
    assert VectorIndex.open_if_any(tmp_path) is None
    index = VectorIndex(tmp_path)
    index.update(kg.catalogue)
    head = tmp_path / "index.json"
    head.write_text(json.dumps(json.loads(head.read_text()) | {"texts": 99}))
    assert VectorIndex.open_if_any(tmp_path) is None


def test_a_damaged_index_is_none_and_made_anew(kg, tmp_path):
    VectorIndex(tmp_path).update(kg.catalogue)
    head = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps(head | {"folder": "chroma-9"}))
    assert VectorIndex.open_if_any(tmp_path) is None
    assert VectorIndex(tmp_path).update(kg.catalogue) == len(kg.catalogue)
    assert VectorIndex.open_if_any(tmp_path) is not None


def test_what_is_sold_no_more_is_found_no_more(kg, tmp_path):
    index = VectorIndex(tmp_path)
    index.update(kg.catalogue)
    assert index.update(kg.catalogue[kg.catalogue["sku"] != "T1"]) == 0
    assert "T1" not in {sku for sku, _ in index.search("茉莉花红茶", 20)}


def test_another_embedder_makes_the_index_anew(kg, tmp_path):
    VectorIndex(tmp_path).update(kg.catalogue)
    assert VectorIndex.open_if_any(tmp_path, Lengths()) is None
    assert VectorIndex(tmp_path, Lengths()).update(kg.catalogue) == len(kg.catalogue)
    assert VectorIndex.open_if_any(tmp_path) is None
    assert VectorIndex.open_if_any(tmp_path, Lengths()).clear_score == 0.9


def test_vectors_are_unit_length_and_the_same_every_time():
    made = HashedNgrams().embed(["Red mug", "红色马克杯", ""])
    assert np.allclose(np.linalg.norm(made, axis=1), [1, 1, 0], atol=1e-6)
    assert np.array_equal(made, HashedNgrams().embed(["Red mug", "红色马克杯", ""]))
    assert made.dtype == np.float32


def test_the_same_thing_in_both_languages_is_nearer_than_another_thing():
    red_mug, same, towel = HashedNgrams().embed(["red mug", "红色马克杯", "beach towel"])
    assert red_mug @ same > red_mug @ towel + 0.2


def test_a_slip_of_the_pen_stays_near():
    word, slip, other = HashedNgrams().embed(["umbrella", "umbrela", "backpack"])
    assert word @ slip > word @ other + 0.3


def test_a_torn_database_is_none_and_made_anew(kg, tmp_path):
    VectorIndex(tmp_path / "first").update(kg.catalogue)
    shutil.copytree(tmp_path / "first", tmp_path / "torn")  # Chroma holds the first one open
    (tmp_path / "torn" / "chroma-1" / "chroma.sqlite3").write_bytes(b"torn" * 999)
    assert VectorIndex.open_if_any(tmp_path / "torn") is None
    assert VectorIndex(tmp_path / "torn").update(kg.catalogue) == len(kg.catalogue)
    assert VectorIndex.open_if_any(tmp_path / "torn").search("red mug", 1)
