"""Lists of customers: named by what they hold, private, and read back only unchanged."""

import stat

import pytest

from ecomagent.domain.errors import StoreError
from ecomagent.store.audiences import is_audience, keep_audience, read_audience


def test_a_list_is_named_by_its_content_and_read_back(tmp_path):
    name = keep_audience(tmp_path / "lists", ["b", "a"])

    assert name == keep_audience(tmp_path / "lists", ["a", "b"])
    assert is_audience(name)
    assert not is_audience("loyal")
    assert read_audience(tmp_path / "lists", name) == ("a", "b")


def test_only_the_owner_may_read_it(tmp_path):
    name = keep_audience(tmp_path, ["a"])

    assert stat.S_IMODE((tmp_path / f"{name}.txt").stat().st_mode) == 0o600


def test_a_list_that_was_changed_or_is_gone_sends_nothing(tmp_path):
    name = keep_audience(tmp_path, ["a", "b"])
    (tmp_path / f"{name}.txt").write_text("a\nb\neverybody", encoding="utf-8")

    with pytest.raises(StoreError, match="changed since"):
        read_audience(tmp_path, name)
    with pytest.raises(StoreError, match="missing"):
        read_audience(tmp_path, "aud-0123456789abcdef")
