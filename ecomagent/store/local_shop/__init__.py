"""The built-in shop: the store's own catalogue, read and changed as a shop would be."""

from ecomagent.store.local_shop.shop import LocalShop, Members

__all__ = ["LocalShop", "Members"]
