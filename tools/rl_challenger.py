"""A reinforcement-learning pricer: a challenger that has to pass the off-policy gate (extra `rl`).

It is trained in a simulated market drawn from what the shop believes of its demand, sees what the
bandit sees, and answers with chances over the same options, so that its worth can be told from the
bandit's log before it ever sets a price.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ecomagent.domain.errors import MissingExtraError, UsageError
from tools.learning_prices import RATIOS, Belief, Offer, update_belief

if TYPE_CHECKING:
    import pandas as pd
    from gymnasium import Env

Floats = npt.NDArray[np.float64]

WEEKS = 13
"""Weeks of an episode: a quarter of learning and earning."""
DAYS = 7.0
SEEN = 6
"""Figures that the policy sees of a SKU."""
MISSING = MissingExtraError(
    "the reinforcement-learning challenger needs libraries that are not installed",
    remedy="Install them with `pip install 'ecomagent[rl]'`.",
)


@dataclass(frozen=True)
class MarketPrior:
    """Shops that the challenger is trained on: spread of what the real one may be.

    Attributes:
        elasticity: Mean, and standard deviation of SKUs and the estimate's error together.
        units_per_day: Median and log spread.
        markup: Lowest and highest price over cost.
        cover_weeks: Lowest and highest stock, in weeks of sales.
        ratios: Options, as ratios to the reference price.
    """

    elasticity: tuple[float, float] = (-2.2, 0.9)
    units_per_day: tuple[float, float] = (2.0, 0.8)
    markup: tuple[float, float] = (1.4, 2.4)
    cover_weeks: tuple[float, float] = (4.0, 60.0)
    ratios: tuple[float, ...] = RATIOS

    @classmethod
    def of(cls, skus: pd.DataFrame) -> MarketPrior:
        """The spread of a shop's SKUs; the outer twentieths are left out.

        Args:
            skus: ``elasticity, std_error, mean_per_day, current_minor, cost_minor, stock`` (units,
                NaN for unknown).
        """
        wanted = ["elasticity", "std_error", "mean_per_day", "current_minor", "cost_minor", "stock"]
        known = skus[wanted].astype("float64")
        known = known[(known["mean_per_day"] > 0) & (known["cost_minor"] > 0)]
        spread = np.sqrt(known["elasticity"].var(ddof=0) + (known["std_error"] ** 2).mean())
        units = np.log(known["mean_per_day"])
        cover = (known["stock"] / known["mean_per_day"] / DAYS).clip(0.5, 200.0).fillna(200.0)
        return cls(
            elasticity=(float(known["elasticity"].mean()), max(float(spread), 0.1)),
            units_per_day=(float(np.exp(units.median())), max(float(units.std(ddof=0)), 0.1)),
            markup=_span((known["current_minor"] / known["cost_minor"]).clip(lower=1.05)),
            cover_weeks=_span(cover),
        )


def _span(values: pd.Series) -> tuple[float, float]:
    low, high = np.quantile(values, (0.05, 0.95))
    return float(low), float(high) * 1.01


def observe(belief: Belief, cost_share: Floats, stock: Floats, weeks_left: float) -> Floats:
    """What the policy sees of each SKU; shape (n, ``SEEN``), scaled to about one.

    Elasticity and its error, cost over reference price, log of units a day, log of weeks of
    cover, and the share of the quarter that is left.
    """
    units = np.exp(np.clip(belief.mean[:, 0], -8, 8))
    cover = np.log(np.clip(stock / np.maximum(units * DAYS, 1e-6), 0.05, 100.0))
    return np.stack(
        [
            belief.mean[:, 1] / 3,
            np.sqrt(belief.cov[:, 1, 1]),
            np.clip(cost_share, 0, 1.5),
            belief.mean[:, 0] / 3,
            cover / 3,
            np.full(len(units), weeks_left / WEEKS),
        ],
        axis=1,
    )


def pricing_env(prior: MarketPrior | None = None, *, seed: int = 0) -> Env[Any, Any]:
    """One SKU's quarter as a Gymnasium environment.

    The action is an option of the prior's ratios; the reward is the week's gross profit over what
    the reference price earns in a week; what was sold updates the belief that is observed.

    Raises:
        MissingExtraError: The extra ``rl`` is not installed.
    """
    try:
        import gymnasium
    except ImportError as error:
        raise MISSING from error
    shops = prior or MarketPrior()

    class PricingEnv(gymnasium.Env):  # type: ignore[type-arg]
        """Weekly prices of one SKU drawn from the prior."""

        action_space = gymnasium.spaces.Discrete(len(shops.ratios))
        observation_space = gymnasium.spaces.Box(-10.0, 10.0, (SEEN,), np.float32)

        def __init__(self) -> None:
            self._rng = np.random.default_rng(seed)
            self._sku = _drawn(shops, self._rng)

        def reset(
            self, *, seed: int | None = None, options: dict[str, Any] | None = None
        ) -> tuple[Any, dict[str, Any]]:
            super().reset(seed=seed)
            if seed is not None:
                self._rng = np.random.default_rng(seed)
            self._sku = _drawn(shops, self._rng)
            return self._sku.seen(), {}

        def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
            reward = self._sku.week(shops.ratios[int(action)], self._rng)
            return self._sku.seen(), reward, self._sku.weeks_left == 0, False, {}

    return PricingEnv()


class _Sku:
    """A SKU in the simulated market: its truth, its stock and what is believed of it."""

    def __init__(
        self, level: float, elasticity: float, cost_share: float, stock: float, belief: Belief
    ) -> None:
        self._level, self._elasticity, self._cost = level, elasticity, cost_share
        self._stock, self._belief = stock, belief
        self.weeks_left = WEEKS

    def seen(self) -> npt.NDArray[np.float32]:
        shown = observe(
            self._belief, np.array([self._cost]), np.array([self._stock]), self.weeks_left
        )
        clipped: npt.NDArray[np.float32] = np.clip(shown[0], -10, 10).astype(np.float32)
        return clipped

    def week(self, ratio: float, rng: np.random.Generator) -> float:
        mean = self._level * DAYS * ratio**self._elasticity
        scatter = float(self._belief.scatter[0])
        asked = float(rng.negative_binomial(max(mean / (scatter - 1), 1e-6), 1 / scatter))
        sold = min(asked, self._stock)
        self._stock -= sold
        self.weeks_left -= 1
        if sold == asked:
            self._belief = update_belief(
                self._belief, np.log([[ratio]]), np.array([[DAYS]]), np.array([[sold]])
            )
        usual = max(self._level * DAYS * (1 - self._cost), 1e-3)
        return sold * (ratio - self._cost) / usual


def _drawn(prior: MarketPrior, rng: np.random.Generator) -> _Sku:
    mean, spread = prior.elasticity
    level = float(np.exp(rng.normal(np.log(prior.units_per_day[0]), prior.units_per_day[1])))
    elasticity = float(min(rng.normal(mean, spread), -0.4))
    stock = float(np.exp(rng.uniform(*np.log(prior.cover_weeks)))) * level * DAYS
    belief = Belief.of(
        mean_per_day=np.array([level * np.exp(rng.normal(0, 0.2))]),
        log_error_sd=np.array([0.2]),
        elasticity=np.array([mean]),
        std_error=np.array([spread]),
        scatter=np.array([1.5]),
    )
    return _Sku(level, elasticity, 1 / float(rng.uniform(*prior.markup)), round(stock), belief)


def train_challenger(
    path: Path, *, prior: MarketPrior | None = None, steps: int = 60_000, seed: int = 0
) -> Path:
    """Train by proximal policy optimisation (Schulman et al. 2017) and keep the policy.

    Raises:
        MissingExtraError: The extra ``rl`` is not installed.
    """
    try:
        from stable_baselines3 import PPO
        from stable_baselines3.common.vec_env import DummyVecEnv
    except ImportError as error:
        raise MISSING from error
    worlds: list[Callable[[], Any]] = [
        partial(pricing_env, prior, seed=seed + number) for number in range(8)
    ]
    model = PPO(
        "MlpPolicy", DummyVecEnv(worlds), n_steps=WEEKS * 16, batch_size=416, gamma=0.99,
        ent_coef=0.01, learning_rate=1e-3, seed=seed, device="cpu", verbose=0,
        policy_kwargs={"net_arch": [32, 32]},
    )  # fmt: skip
    model.learn(total_timesteps=steps)
    model.save(path)
    return path


def challenger_name(path: Path) -> str:
    """Name of a kept policy, another one each time it is trained; empty where there is none."""
    if not path.exists():
        return ""
    return f"rl-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"


class Challenger:
    """A trained policy.

    Args:
        path: What ``train_challenger`` kept.

    Raises:
        MissingExtraError: The extra ``rl`` is not installed.
        UsageError: The file holds no policy.
    """

    def __init__(self, path: Path) -> None:
        try:
            from stable_baselines3 import PPO
        except ImportError as error:
            raise MISSING from error
        self.name = challenger_name(path)
        try:
            self._model = PPO.load(path, device="cpu")
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(
                f"{path.name} holds no trained policy",
                where=str(path),
                remedy="Train one again.",
            ) from error

    def chances(self, belief: Belief, offer: Offer, *, weeks_left: float = WEEKS) -> Floats:
        """Chance of each option of each SKU, in the order of the prior's ratios."""
        import torch

        seen = observe(belief, offer.cost / offer.reference, offer.stock, weeks_left)
        shown = torch.as_tensor(np.clip(seen, -10, 10), dtype=torch.float32)
        with torch.no_grad():
            found = self._model.policy.get_distribution(shown).distribution.probs
        chances = np.asarray(found, dtype=np.float64)
        able = np.isfinite(offer.price)
        kept = np.where(able, chances, 0.0)
        total = kept.sum(axis=1, keepdims=True)
        made: Floats = np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)
        return made
