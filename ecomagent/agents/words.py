"""What an agent says it is doing, streamed to whoever watches the graph run."""

from __future__ import annotations

from langgraph.config import get_stream_writer


def say(agent: str, doing: str) -> None:
    """Tell the watcher, e.g. ``say("pricing", "weighing 1,204 prices for 310 SKUs")``."""
    get_stream_writer()({"agent": agent, "doing": doing})
