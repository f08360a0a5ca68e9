"""Tells how a goal's words lead to a SKU, as a path through the graph."""

from __future__ import annotations

from functools import lru_cache

from ecomagent.domain.goal import Scope
from knowledge_graph import ontology
from knowledge_graph.ontology import SHOP, Kind, category_levels, node
from knowledge_graph.phrases import PhraseReader
from knowledge_graph.products import Products
from knowledge_graph.scope import ScopeMatch, ScopeReader

GOAL = "goal"
NAMES = "names"
IN_TITLE = "is in the title of"
RESEMBLES = "resembles"
SELLS = "sells"


class Explainer:
    """Reads scopes by words alone and follows what they name down to a SKU.

    Args:
        products: What is sold.
    """

    def __init__(self, products: Products) -> None:
        self._products = products
        self._matches = lru_cache(maxsize=8)(self._resolve)

    def _resolve(self, scope: Scope) -> tuple[tuple[ScopeMatch, frozenset[str]], ...]:
        phrases = PhraseReader(self._products, states={})
        found = ScopeReader(phrases).resolve(scope).matches
        return tuple((match, frozenset(match.skus)) for match in found if not match.excluded)

    def explain(self, sku: str, scope: Scope) -> tuple[str, ...]:
        """The path from the goal, or from the shop where the goal names nothing, to a SKU."""
        here = node(Kind.SKU, sku)
        if sku in scope.skus:
            return (GOAL, NAMES, here)
        row = self._products.position.get(sku)
        if row is None:
            return (SHOP, SELLS, here)
        if _names_something(scope):
            return self._from_goal(row, scope) or self._resembling(row, scope)
        return self._from_shop(row)

    def _from_shop(self, row: int) -> tuple[str, ...]:
        steps = [SHOP]
        for level in category_levels(self._products.categories[row]):
            steps += [ontology.CONTAINS, node(Kind.CATEGORY, level)]
        return (*steps, ontology.CONTAINS, *self._product_and_sku(row))

    def _from_goal(self, row: int, scope: Scope) -> tuple[str, ...]:
        sku = self._products.skus[row]
        for match, skus in self._matches(scope):
            if sku not in skus:
                continue
            for target in match.targets or (match.target,):
                way = self._way_from(target, row)
                if way:
                    return (GOAL, NAMES, target, *way)
        return ()

    def _way_from(self, target: str, row: int) -> tuple[str, ...]:
        """The relations and nodes from something that was named to the SKU; empty if none."""
        products = self._products
        kind, _, key = target.partition(":")
        end = self._product_and_sku(row)
        if kind == Kind.CATEGORY:
            return self._down(key, row)
        if kind == Kind.BRAND and key == products.brands[row]:
            return (ontology.MAKES, *end)
        if kind == Kind.TAG and key in products.tags[row]:
            return (ontology.MARKS, *end)
        if kind == Kind.ATTRIBUTE and tuple(key.split("=", 1)) in products.attributes[row]:
            return (ontology.DESCRIBES, end[-1])
        if kind == Kind.PRODUCT and target == end[0]:
            return end[1:]
        return (IN_TITLE, *end) if kind == "term" else ()

    def _down(self, category: str, row: int) -> tuple[str, ...]:
        levels = category_levels(self._products.categories[row])
        if category not in levels:
            return ()
        steps: list[str] = []
        for level in levels[levels.index(category) + 1 :]:
            steps += [ontology.CONTAINS, node(Kind.CATEGORY, level)]
        return (*steps, ontology.CONTAINS, *self._product_and_sku(row))

    def _resembling(self, row: int, scope: Scope) -> tuple[str, ...]:
        """Words could not tell: the SKU was found by likeness, or by what only figures know."""
        if not scope.text:
            return self._from_shop(row)
        return (GOAL, NAMES, f"term:{scope.text}", RESEMBLES, *self._product_and_sku(row))

    def _product_and_sku(self, row: int) -> tuple[str, str, str]:
        sku = self._products.skus[row]
        product = node(Kind.PRODUCT, self._products.product_ids[row] or sku)
        return (product, ontology.HAS_VARIANT, node(Kind.SKU, sku))


def _names_something(scope: Scope) -> bool:
    return bool(scope.categories or scope.brands or scope.tags or scope.skus or scope.text)
