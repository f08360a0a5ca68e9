"""Runs a shop's commercial decisions: goal, plan, approval, safe apply."""
