"""Bounds of group-sequential tests against published ones, and what they let through."""

import numpy as np
import pytest

from tools.stopping import power_at, stopping_bounds


@pytest.mark.parametrize(
    ("looks", "published"),
    [
        (2, [2.963, 1.969]),
        (4, [4.333, 2.963, 2.359, 2.014]),
        (5, [4.877, 3.357, 2.680, 2.290, 2.031]),
    ],
)
def test_bounds_are_lan_and_demets(looks, published):
    """Two-sided, 5 %, O'Brien-Fleming spending, equal steps: tables of Lan and DeMets' program."""
    found = stopping_bounds([(look + 1) / looks for look in range(looks)])
    assert found == pytest.approx(published, abs=0.002)


def test_one_look_is_an_ordinary_test():
    assert stopping_bounds([1.0]) == pytest.approx([1.96], abs=0.001)
    assert power_at([1.0], np.array([2.8016])) == pytest.approx([0.8], abs=0.001)


@pytest.mark.parametrize("drift", [0.0, 1.5, 3.0])
def test_the_stated_power_is_how_often_a_bound_is_crossed(drift):
    fractions = np.array([0.3, 0.55, 0.8, 1.0])
    bounds = np.array(stopping_bounds(tuple(fractions)))
    steps = np.diff(fractions, prepend=0.0)
    rng = np.random.default_rng(3)
    walks = np.cumsum(drift * steps + rng.normal(0, np.sqrt(steps), (40_000, 4)), axis=1)
    crossed = (np.abs(walks) / np.sqrt(fractions) >= bounds).any(axis=1).mean()
    assert power_at(tuple(fractions), np.array([drift, -drift])) == pytest.approx(
        crossed, abs=0.008
    )
    if drift == 0:
        assert crossed == pytest.approx(0.05, abs=0.004)
