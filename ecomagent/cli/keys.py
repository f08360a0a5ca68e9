"""One key or one line at a time from a plain terminal, without losing what was typed ahead."""

from __future__ import annotations

import os
import select
import sys
import termios

LEAVE = "q"
ESCAPE = b"\x1b"
END_OF_INPUT = (b"", b"\x04")
ESCAPE_GAP_S = 0.02
"""An arrow key's bytes come at once; a second key pressed by a person does not."""


def read_key() -> str:
    """The next key, lower case; ``q`` at the end of input, empty for keys without a letter.

    Interrupts (Ctrl-C) come as ``KeyboardInterrupt``, as always.
    """
    place = sys.stdin.fileno()
    before = termios.tcgetattr(place)
    single = termios.tcgetattr(place)
    single[3] &= ~(termios.ICANON | termios.ECHO)
    single[6][termios.VMIN], single[6][termios.VTIME] = 1, 0
    # TCSADRAIN, not TCSAFLUSH: what was typed ahead is kept.
    termios.tcsetattr(place, termios.TCSADRAIN, single)
    try:
        return _one(place)
    finally:
        termios.tcsetattr(place, termios.TCSADRAIN, before)


def read_line() -> str:
    """What is typed up to the next Enter, without it; empty at the end of input.

    Read byte by byte: ``input`` would take the keys behind the line with it into a buffer of its
    own, where ``read_key`` does not find them.
    """
    place, line = sys.stdin.fileno(), bytearray()
    while (byte := os.read(place, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode("utf-8", errors="replace")


def _one(place: int) -> str:
    first = os.read(place, 1)
    if first in END_OF_INPUT:
        return LEAVE
    if first == ESCAPE:
        while select.select([place], [], [], ESCAPE_GAP_S)[0]:
            if os.read(place, 1) in END_OF_INPUT:
                return LEAVE
        return ""
    following = _length(first[0]) - 1
    letter = first + (os.read(place, following) if following else b"")
    return letter.decode("utf-8", errors="replace").strip().lower()


def _length(first: int) -> int:
    """Bytes of the UTF-8 character that begins so."""
    return 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
