"""Shops with a known truth, played day by day: where plans are executed and judged."""
