"""Which box went to which fragment of a track: 37 bytes a box, on disk beyond a few megabytes.

The file has no name and goes with the process, so that nothing of a recording is left behind. What is
kept in memory grows with the number of fragments only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.boxes import SIDES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_NOTE = np.dtype(
    [("fragment", "u4"), ("frame", "u4"), ("time_s", "f8"), ("code", "u1"), ("confidence", "f4")]
    + [(side, "f4") for side in SIDES]
)


class Notes:
    """Boxes of fragments, in the order in which they were noted.

    Args:
        in_memory: boxes kept in memory before they go to the file.
    """

    def __init__(self, in_memory: int = 100_000) -> None:
        self._rows = np.empty(1024, _NOTE)
        self._size, self._in_memory = 0, in_memory
        self._file: IO[bytes] | None = None
        self._boxes_of = np.zeros(1024, np.int64)

    def add(self, fragments: Ints, frame: int, time_s: float, found: tuple[Floats, Floats, Ints]) -> None:
        """Notes boxes (n, 4), their scores (n,) and codes (n,) of one frame for a fragment each."""
        if not len(fragments):
            return
        boxes, scores, codes = found
        here = slice(self._size, self._size + len(fragments))
        while here.stop > len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        rows = self._rows[here]
        rows["fragment"], rows["frame"], rows["time_s"] = fragments, frame, time_s
        rows["code"], rows["confidence"] = codes, scores
        for i, side in enumerate(SIDES):
            rows[side] = boxes[:, i]
        self._size = here.stop
        while fragments.max() >= len(self._boxes_of):
            self._boxes_of = np.concatenate([self._boxes_of, np.zeros_like(self._boxes_of)])
        np.add.at(self._boxes_of, fragments, 1)
        if self._size >= self._in_memory:
            self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the notes)
            self._rows[: self._size].tofile(self._file)
            self._size = 0

    @property
    def boxes_of(self) -> Ints:
        """Number of boxes of each fragment, by its number."""
        return self._boxes_of

    def of(self, fragments: Ints) -> pl.DataFrame:
        """fragment, frame, time_s, code, confidence and the sides of every box of these fragments."""
        is_wanted = np.zeros(len(self._boxes_of), bool)
        is_wanted[fragments] = True
        found = [rows[is_wanted[rows["fragment"]]] for rows in self._chunks()]
        rows = np.concatenate([np.empty(0, _NOTE), *found])
        return pl.DataFrame({name: np.ascontiguousarray(rows[name]) for name in _NOTE.names or ()})

    def _chunks(self) -> Iterator[NDArray[np.void]]:
        if self._file is not None:
            end = self._file.seek(0, 2)
            for start in range(0, end, self._in_memory * _NOTE.itemsize):
                self._file.seek(start)
                yield np.frombuffer(self._file.read(self._in_memory * _NOTE.itemsize), _NOTE)
            self._file.seek(end)
        yield self._rows[: self._size]
