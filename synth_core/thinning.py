"""A large text file made small: its header and an evenly drawn sample of its rows, read in one pass, in little memory.

Rows are drawn by random keys (those with the smallest keys stay), so every row is equally likely without knowing how
many there are.
"""

from __future__ import annotations

from typing import IO

import numpy as np
import numpy.typing as npt

from synth_core.delimited import head_size
from synth_core.errors import ReadingError, TooLargeError

_BLOCK = 16 << 20
_LONGEST = 64 << 20  # a row longer than this is a quote that was never closed
_HEAD = 1 << 20


class _Draw:
    """The rows kept so far, as bytes, with the key of each; ``blanks``: an empty line is a row with an empty cell."""

    def __init__(self, sample: int, *, blanks: bool) -> None:
        self.sample = sample
        self.blanks = blanks
        self.rows = 0
        self._rng = np.random.default_rng(0)
        self._bar = 1.0
        self._kept: list[bytes] = []
        self._keys = np.zeros(0)

    def add(self, block: bytes, ends: npt.NDArray[np.int64]) -> None:
        """Take in the rows of a block that end before ``ends``."""
        starts = np.append(0, ends[:-1])
        if not self.blanks:
            filled = _filled(np.frombuffer(block, dtype=np.uint8), starts, ends)
            starts, ends = starts[filled], ends[filled]
        keys = self._rng.random(len(ends))
        chosen = np.flatnonzero(keys < self._bar)
        self.rows += len(ends)
        self._kept += [block[starts[i] : ends[i]] for i in chosen]
        self._keys = np.append(self._keys, keys[chosen])
        if len(self._kept) > 2 * self.sample:
            self._trim()

    def _trim(self) -> None:
        if len(self._kept) <= self.sample:
            return
        chosen = np.sort(np.argpartition(self._keys, self.sample - 1)[: self.sample])
        self._kept = [self._kept[i] for i in chosen]
        self._keys = self._keys[chosen]
        self._bar = float(self._keys.max())

    def result(self) -> bytes:
        """Return the rows drawn, in the order of the file."""
        self._trim()
        return b"".join(row if row.endswith(b"\n") else row + b"\n" for row in self._kept)


def thinned(
    stream: IO[bytes], filename: str, sample: int, *, delimiter: str | None = None, quote: str | None = None,
    header_row: int | None = None, header: bool | None = None, lines: bool = False, most_bytes: float = float("inf"),
) -> tuple[bytes, int, bool]:  # fmt: skip
    """Return the header with ``sample`` evenly drawn rows, as a file; how many there were; whether it has names.

    Parameters
    ----------
    lines
        Every line is a row, and there is no header (JSON lines).
    most_bytes
        More than these are not read.

    Raises
    ------
    ReadingError
        Text in UTF-16, more than ``most_bytes``, or a stream that breaks off.
    """
    head = _plain(stream.read(_HEAD), filename)
    start, delimiter, quote, named, width = (
        (0, "", "", True, 0) if lines else head_size(head, filename, delimiter, quote, header_row, header)
    )
    draw, rest, size = _Draw(sample, blanks=width == 1), head[start:], len(head)
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > most_bytes:
            raise TooLargeError(
                f"'{filename}' unpacks to more than {most_bytes / 1e6:,.0f} MB; unpack it and read a part of it."
            )
        rest += block.replace(b"\r", b"\n") if b"\n" not in head else block
        ends = _ends(rest, quote, delimiter)
        if len(ends) == 0 and len(rest) > _LONGEST:
            raise ReadingError(
                f"'{filename}', after row {draw.rows:,}: a quote is opened and never closed, so that the rest of the "
                "file became one cell. Close it, or read the file without quotes."
            )
        if len(ends):
            ends = ends[np.append(0, ends[:-1]) < len(rest.rstrip(b"\r\n"))]  # empty lines at the end are no rows
        if len(ends):
            draw.add(rest, ends)
            rest = rest[ends[-1] :]
    rest = rest.rstrip(b"\r\n")
    if rest:
        ends = _ends(rest, quote, delimiter)
        draw.add(rest, ends if len(ends) and ends[-1] == len(rest) else np.append(ends, len(rest)))
    return head[:start] + draw.result(), draw.rows, named


def _filled(
    cells: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Return which rows hold more than a line end."""
    fed = cells[ends - 1] == 10
    last = ends - 1 - fed
    returned = (last >= starts) & (cells[last] == 13)
    filled: npt.NDArray[np.bool_] = last - returned >= starts
    return filled


def _plain(head: bytes, filename: str) -> bytes:
    """Return the head with lines that end in a line feed."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:2000].count(0) > 0.3 * len(head[:2000]):
        raise ReadingError(f"'{filename}' is UTF-16 or binary; save it as UTF-8 text to read a sample of it.")
    return head.replace(b"\r", b"\n") if b"\n" not in head else head


def _ends(block: bytes, quote: str, delimiter: str) -> npt.NDArray[np.int64]:
    """Return where rows end in ``block``, which starts with a row: after line feeds outside quotes.

    As Arrow and the csv module have it, a quote opens a cell only where the cell begins (``5" pipe`` is text), and a
    quote inside is doubled. So of runs of quotes only those of odd length matter: one inside closes the cell, one
    outside opens it where a cell begins.
    """
    cells = np.frombuffer(block, dtype=np.uint8)
    found = np.flatnonzero(cells == 10)
    if quote and quote.encode() in block:
        places = np.flatnonzero(cells == ord(quote))
        first = np.flatnonzero(np.diff(places, prepend=-2) > 1)  # of each run
        odd = np.diff(np.append(first, len(places))) % 2 == 1
        runs = places[first[odd]]
        before = cells[runs - 1]
        begins = (runs == 0) | (before == 10) | (before == 13) | (before == ord(delimiter))
        # after a run where no cell begins, the text is outside; every later one turns it over
        numbers = np.arange(len(runs))
        outside = np.maximum.accumulate(np.where(begins, -1, numbers))
        inside = np.append(False, (numbers - outside) % 2 == 1)
        found = found[~inside[np.searchsorted(runs, found)]]
    return found + 1
