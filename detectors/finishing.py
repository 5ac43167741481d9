"""Fragments to finished tracks, a few at a time, so that memory does not follow a recording's length.

Joining needs to know how every fragment begins and ends, one row each; all else is done track by track.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.class_changes import class_changes, parted
from detectors.edges import complete_at_edges
from detectors.ends import ends_of
from detectors.fragments import join, voted
from detectors.notes import Notes
from detectors.tracks import displacements

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Finishing:
    """What a recording's fragments amount to.

    Attributes:
        notes: the boxes of every fragment.
        changes: fragment, from_s, as of `class_changes`; later parts are numbered beyond all fragments.
        members: fragment, track_id.
        joints: track_id, from_s, to_s; one row per gap that was bridged.
        at_once: boxes held in memory at a time, or those of one track if they are more.
    """

    notes: Notes
    changes: pl.DataFrame
    members: pl.DataFrame
    joints: pl.DataFrame
    at_once: int

    @classmethod
    def of(cls, notes: Notes, least_boxes: int, at_once: int = 100_000) -> Finishing:
        """Parts and joins fragments of at least so many boxes."""
        fragments = np.flatnonzero(notes.boxes_of >= least_boxes)
        ends, changes = [], []
        for batch in _batches(fragments, notes.boxes_of[fragments], at_once) or [fragments]:
            boxes = notes.of(batch)
            changes.append(class_changes(boxes))
            ends.append(ends_of(parted(boxes, changes[-1], len(notes.boxes_of))))
        return cls(notes, pl.concat(changes), *join(pl.concat(ends)), at_once)

    @property
    def tracks(self) -> int:
        return self.members["track_id"].n_unique()

    def displacement_p95(self) -> float | None:
        """95th percentile of how far tracks that moved went per processed frame, in lengths of their box."""
        found = [displacements(part)["displacement"] for part in self._voted()]
        return pl.concat([pl.Series("displacement", [], pl.Float64), *found]).quantile(0.95, "linear")

    def parts(self, size_px: tuple[int, int]) -> Iterator[pl.DataFrame]:
        """Whole tracks, ordered by track_id and frame, completed at the edges of a picture of that size."""
        for part in self._voted():
            yield complete_at_edges(part, size_px)

    def _voted(self) -> Iterator[pl.DataFrame]:
        by_track = self.members.sort("track_id", "fragment")
        beyond = len(self.notes.boxes_of)
        fragments = by_track["fragment"].to_numpy().astype(np.int64) % beyond
        track = by_track["track_id"].to_numpy().astype(np.int64)
        first = np.flatnonzero(np.diff(track, prepend=-1))
        boxes = np.add.reduceat(self.notes.boxes_of[fragments], first) if len(first) else np.empty(0, np.int64)
        for chosen in _batches(np.unique(track), boxes, self.at_once):
            parts = parted(self.notes.of(fragments[np.isin(track, chosen)]), self.changes, beyond)
            yield voted(parts, self.members.filter(pl.col("track_id").is_in(chosen)))


def _batches(numbers: Ints, boxes: Ints, at_once: int) -> list[Ints]:
    """Numbers in groups of at most so many boxes, but of one number at least."""
    if not len(numbers):
        return []
    group = np.cumsum(boxes) // at_once
    return np.split(numbers, np.flatnonzero(np.diff(group)) + 1)
