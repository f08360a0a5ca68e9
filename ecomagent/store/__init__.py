"""Operational truth in SQL, the importers that fill it, and the facts derived from it."""
