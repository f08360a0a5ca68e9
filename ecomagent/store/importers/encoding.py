"""Which encoding a text file is in, judged on its bytes; a wrong guess would spoil every title."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from ecomagent.domain.errors import ImportFileError

_CHUNK = 1 << 20
_ODD_BYTES_KEPT = 1 << 16
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE_BYTE = ["cp1252", "cp1250", "cp1251", "mac_roman", "big5", "shift_jis", "euc_kr"]


@dataclass(frozen=True)
class Encoding:
    """A codec name, and whether bytes that it cannot read occur."""

    name: str
    damaged: bool = False


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked when it is gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")


def packed_position(file: object) -> int:
    """How many bytes of the file on disk have been read through ``open_bytes``."""
    packed = getattr(file, "fileobj", None)
    inner = packed if packed is not None else file
    return int(inner.tell()) if hasattr(inner, "tell") else 0


def detect_encoding(path: Path) -> Encoding:
    """The encoding of a text file, possibly gzipped.

    Raises:
        ImportFileError: Empty, binary, or in no encoding that can be told.
    """
    try:
        with open_bytes(path) as file:
            start = file.read(_CHUNK)
            if not start.strip():
                raise ImportFileError(
                    "the file is empty", where=str(path), remedy="Export it again and import that."
                )
            return _from_bom(start) or _from_nulls(start, path) or _from_content(start, file, path)
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise ImportFileError(
            f"the file cannot be read: {error}",
            where=str(path),
            remedy="Check that it was copied completely and that you may read it.",
        ) from error


def _from_bom(start: bytes) -> Encoding | None:
    for bom, name in _BOMS:
        if start.startswith(bom):
            return Encoding(name)
    return None


def _from_nulls(start: bytes, path: Path) -> Encoding | None:
    """UTF-16 without a mark: text in mostly ASCII has a zero in every second byte."""
    head = start[: len(start) // 2 * 2][:4096]
    if b"\x00" not in start:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 5 and even < odd // 10 + 1:
        return Encoding("utf-16-le")
    if even > len(head) // 5 and odd < even // 10 + 1:
        return Encoding("utf-16-be")
    raise ImportFileError(
        "the file is binary, not a table",
        where=str(path),
        remedy="Give a CSV, TSV, XLSX or Parquet file, or one of these gzipped.",
    )


def _chunks(start: bytes, file: IO[bytes]) -> Iterator[bytes]:
    yield start
    while chunk := file.read(_CHUNK):
        yield chunk


def _from_content(start: bytes, file: IO[bytes], path: Path) -> Encoding:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    odd = bytearray()
    good = bad = 0
    for chunk in _chunks(start, file):
        text = decoder.decode(chunk)
        if text.isascii():
            continue
        escaped = sum("\udc80" <= char <= "\udcff" for char in text)
        bad += escaped
        good += sum(char > "\x7f" for char in text) - escaped if escaped else 1
        if escaped and len(odd) < _ODD_BYTES_KEPT:
            odd += b"\n".join(line for line in chunk.splitlines() if not line.isascii())
    if not bad:
        return Encoding("utf-8")
    if good > 20 * bad:
        return Encoding("utf-8", damaged=True)
    return _legacy(bytes(odd[:_ODD_BYTES_KEPT]), path)


def _looks_chinese(sample: bytes) -> bool:
    """Two-byte characters come in even runs of high bytes; accented letters stand alone."""
    text = sample.decode("gb18030", errors="replace")
    wrong = text.count("\ufffd")
    common = sum("\u4e00" <= char <= "\u9fff" or "\u3000" <= char <= "\u303f" for char in text)
    runs = "".join("x" if byte > 0x7F else " " for byte in sample).split()
    even = sum(len(run) % 2 == 0 for run in runs)
    return wrong * 50 <= common and even >= 0.8 * len(runs)


def _legacy(sample: bytes, path: Path) -> Encoding:
    if _looks_chinese(sample):
        return Encoding("gb18030", damaged="\ufffd" in sample.decode("gb18030", errors="replace"))
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_SINGLE_BYTE).best()
    if best is None:
        raise ImportFileError(
            "the text encoding cannot be told",
            where=str(path),
            remedy="Save the file as UTF-8 and import it again.",
        )
    # Western exports are Windows-1252; the other code pages only win on clear evidence.
    mostly_ascii = sum(byte > 0x7F for byte in sample) < len(sample) // 10
    return Encoding("cp1252" if mostly_ascii and _decodes(sample, "cp1252") else best.encoding)


def _decodes(sample: bytes, name: str) -> bool:
    try:
        sample.decode(name)
    except UnicodeDecodeError:
        return False
    return True
