"""How customers, rivals and suppliers answer a plan beyond what the tools measure, with its doubt.

What a shop's own history says replaces these figures where it is given; elsewhere futures are
drawn from what published studies found, so that the band says how little is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Singles = npt.NDArray[np.float32]

MOST_SWITCHING = 0.8
"""No more than this of what a price moves comes from the category's others."""
PULL_DAYS = 28
"""Days after a promotion whose sales it has taken some of."""
REACTION_DAYS = 7
"""Days a rival takes to answer a price."""


@dataclass(frozen=True)
class Share:
    """A share between 0 and 1 known by its mean and standard deviation (a beta distribution)."""

    mean: float
    sd: float

    def drawn(self, luck: npt.NDArray[np.float64]) -> Singles:
        """Its value in every future.

        Args:
            luck: Standard normals; shape (draws,).
        """
        from scipy.special import betaincinv, ndtr

        if self.sd <= 0 or not 0 < self.mean < 1:
            return np.full(len(luck), np.clip(self.mean, 0, 1), dtype=np.float32)
        size = self.mean * (1 - self.mean) / self.sd**2 - 1
        found: Singles = betaincinv(
            max(size * self.mean, 1e-3), max(size * (1 - self.mean), 1e-3), ndtr(luck)
        ).astype(np.float32)
        return found


@dataclass(frozen=True)
class Behaviour:
    """What is taken of the people around the shop.

    Attributes:
        switching: Share of the units that a price wins or loses that the category's other
            products lose or win, where no cross elasticity says: 0.26 over 2.2 in published
            studies (Auer and Papies 2020; Bijmolt et al. 2005); about a third of a promotion's
            gain in groceries (Van Heerde, Gupta and Wittink 2003).
        substitution: Share of customers that find a product sold out and take another of its
            category: 45 % in groceries over 29 studies (Corsten and Gruen 2003), fewer where
            looking elsewhere is a click away.
        pull_forward: Share of a promotion's gain that later sales lose: nothing for what cannot
            be stored, up to a third in groceries (Van Heerde, Leeflang and Wittink 2004).
        reaction: Share of a price change that a rival with a known price copies.
        rivalry: Share of the answer to a price that is owed to rivals' prices standing still,
            where no elasticity to theirs says.
        lead_variation: Standard deviation of a delivery's days over what was promised, where no
            supplier's record says.
        return_doubt: Log standard deviation of the return rate.
    """

    switching: Share = Share(0.12, 0.08)
    substitution: Share = Share(0.25, 0.15)
    pull_forward: Share = Share(0.15, 0.1)
    reaction: Share = Share(0.3, 0.2)
    rivalry: float = 0.5
    lead_variation: float = 0.25
    return_doubt: float = 0.15


DEFAULT = Behaviour()


@dataclass(frozen=True)
class Drawn:
    """One value of each share a future; shape (draws,) each, and luck all SKUs have in common.

    Attributes:
        level: Standard normals: error of all demand.
        price: Standard normals: error of all elasticities.
        cross: Standard normals: error of all cross elasticities.
        returns: Factor on return rates.
    """

    switching: Singles
    substitution: Singles
    pull_forward: Singles
    reaction: Singles
    returns: Singles
    level: Singles
    price: Singles
    cross: Singles

    def part(self, futures: slice) -> Drawn:
        """The same in some of the futures."""
        return Drawn(**{name: values[futures] for name, values in vars(self).items()})


def drawn(behaviour: Behaviour, draws: int, seed: int) -> Drawn:
    """What all SKUs share in each future, spread evenly (Latin hypercube)."""
    from scipy.special import ndtri

    rng = np.random.default_rng(seed)

    def normals() -> npt.NDArray[np.float64]:
        found: npt.NDArray[np.float64] = ndtri(
            (rng.permutation(draws) + rng.random(draws)) / max(draws, 1)
        )
        return found

    level, price, cross = (normals().astype(np.float32) for _ in range(3))
    doubt = behaviour.return_doubt
    return Drawn(
        switching=behaviour.switching.drawn(normals()),
        substitution=behaviour.substitution.drawn(normals()),
        pull_forward=behaviour.pull_forward.drawn(normals()),
        reaction=behaviour.reaction.drawn(normals()),
        returns=np.exp(doubt * normals() - doubt**2 / 2).astype(np.float32),
        level=level,
        price=price,
        cross=cross,
    )
