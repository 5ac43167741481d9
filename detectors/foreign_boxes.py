"""Boxes of another tool as one table, whatever file they came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

SIDES = ("left_px", "top_px", "right_px", "bottom_px")


class InterchangeError(ValueError):
    """A file of another tool that cannot be used; names the file, the field and what to do."""


@dataclass(frozen=True)
class ForeignBoxes:
    """Boxes of another tool.

    Attributes:
        classes: the labels its model knows, in its order; empty if the file does not say.
        size_px: width and height of the picture, or None.
        boxes: run (text, the tracking run; empty for detections), track (NULL for detections), frame,
            time_s (POSIX, or since the start where the file holds no time), label, confidence,
            left_px, top_px, right_px, bottom_px; in order of time.
    """

    classes: tuple[str, ...]
    size_px: tuple[int, int] | None
    boxes: pl.DataFrame


def join(parts: Iterable[ForeignBoxes]) -> ForeignBoxes:
    """Several files as one recording, in the order given; tracks of one run go on across files."""
    every = list(parts)
    return ForeignBoxes(every[0].classes, every[0].size_px, pl.concat([part.boxes for part in every]))
