"""The planning pipeline: one LangGraph, one file per specialist, thin nodes."""
