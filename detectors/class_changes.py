"""Where a track goes from one road user to another: its class changes for good as it turns.

Who leaves by the edge of the picture, or goes behind somebody, ends about where another begins, and a
tracker may go on with the other. Labels alone do not tell, for a distant cyclist may be taken for a
walker all along; nor does motion alone, for people do turn round. Both at the same moment do: a van
that leaves to the right does not come back as a car.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from detectors.ends import ends_of, turn
from detectors.road_users import ROAD_USERS

# In boxes, as of `turn`.
LARGEST_TURN = 1.0
# Summed confidence by which two classes, one after the other, must explain a fragment better than one.
_LEAST_GAIN = 2.0


def class_changes(fragments: pl.DataFrame) -> pl.DataFrame:
    """Finds fragments that hold two road users, one after the other.

    Args:
        fragments: fragment, frame, time_s, code, confidence and the sides of each box.

    Returns:
        fragment, from_s: since when it is another; one row per fragment that is to be parted.
    """
    changes = _changes_of_class(fragments)
    if changes.is_empty():
        return changes
    beyond = int(changes["fragment"].to_numpy().max()) + 1
    pieces = parted(fragments.join(changes, on="fragment", how="semi"), changes, beyond)
    ends = {column.name: column.to_numpy() for column in ends_of(pieces)}
    earlier, later = np.arange(changes.height), np.arange(changes.height, 2 * changes.height)
    return changes.filter(pl.Series(turn(ends, earlier, later) >= LARGEST_TURN, dtype=pl.Boolean))


def parted(fragments: pl.DataFrame, changes: pl.DataFrame, beyond: int) -> pl.DataFrame:
    """The same boxes, with the later parts of some fragments as fragments of their own.

    Args:
        fragments: fragment, time_s and more of each box.
        changes: fragment, from_s.
        beyond: what is added to a fragment's number for its later part; larger than any number.
    """
    is_later = pl.col("time_s") >= pl.col("from_s")
    number = pl.col("fragment") + pl.when(is_later).then(beyond).otherwise(0).cast(pl.UInt32)
    return fragments.join(changes, on="fragment", how="left", maintain_order="left").with_columns(number).drop("from_s")


def _changes_of_class(fragments: pl.DataFrame) -> pl.DataFrame:
    """fragment, from_s: the best place to part fragments by class, of those where that explains more."""
    votes = fragments.group_by("fragment", "code").agg(pl.col("confidence").sum())
    mixed = votes.filter(pl.col("confidence") >= _LEAST_GAIN).group_by("fragment").len().filter(pl.col("len") > 1)
    boxes = fragments.join(mixed, on="fragment", how="semi").sort("fragment", "time_s")
    rows = []
    for (number,), one in boxes.group_by("fragment", maintain_order=True):
        so_far = (one["code"].to_numpy()[:, None] == np.arange(len(ROAD_USERS))) * one["confidence"].to_numpy()[:, None]
        so_far = so_far.astype(np.float64).cumsum(axis=0)
        gain = so_far[:-1].max(axis=1) + (so_far[-1] - so_far[:-1]).max(axis=1) - so_far[-1].max()
        if gain.max() >= _LEAST_GAIN:
            rows.append((number, one["time_s"][int(gain.argmax()) + 1]))
    return pl.DataFrame(rows, schema={"fragment": pl.UInt32, "from_s": pl.Float64}, orient="row")
