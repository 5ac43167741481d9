"""How fragments of tracks begin and end: where, how fast, how large, of which class; one row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import LIGHT

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# How much of a fragment's end tells its velocity.
_OVER_S = 0.6


def ends_of(fragments: pl.DataFrame) -> pl.DataFrame:
    """First and last time, centre, velocity and size of every fragment, in order of its number.

    Args:
        fragments: fragment, frame, time_s, code, confidence and the sides of each box.

    Returns:
        fragment; first_s, first_x, first_vx, first_width, ... and the same of its last; light, whether most
        boxes are of people or two-wheelers; code, the class its boxes vote for by summed confidence.
    """
    rows = fragments.select(
        "fragment",
        "time_s",
        "code",
        x=(pl.col("left_px") + pl.col("right_px")).cast(pl.Float64) / 2,
        y=(pl.col("top_px") + pl.col("bottom_px")).cast(pl.Float64) / 2,
        width=(pl.col("right_px") - pl.col("left_px")).cast(pl.Float64),
        height=(pl.col("bottom_px") - pl.col("top_px")).cast(pl.Float64),
    ).sort("fragment", "time_s")
    light = pl.col("code").is_in([r.code for r in LIGHT]).mean() >= 0.5
    ends = rows.group_by("fragment", maintain_order=True).agg(*_end("first"), *_end("last"), light=light)
    votes = fragments.group_by("fragment", "code").agg(pl.col("confidence").sum()).sort("confidence", "code")
    return ends.join(votes.group_by("fragment").agg(pl.col("code").last()), on="fragment", maintain_order="left")


def turn(of: Mapping[str, NDArray[Any]], earlier: Ints, later: Ints) -> Floats:
    """How much velocity changes from the last of some fragments to the first of others.

    Args:
        of: columns of `ends_of`.
        earlier: rows (n,).
        later: rows (n,).

    Returns:
        (n,): by how many boxes (square root of the area) it leads astray within 0.6 s.
    """
    change = [of[f"last_v{axis}"][earlier] - of[f"first_v{axis}"][later] for axis in ("x", "y")]
    return np.asarray(np.hypot(*change) * _OVER_S / size_px(of, earlier, later))


def size_px(of: Mapping[str, NDArray[Any]], earlier: Ints, later: Ints) -> Floats:
    """Square root of the area (n,) of boxes between the last of some fragments and the first of others."""
    last, first = of["last_width"] * of["last_height"], of["first_width"] * of["first_height"]
    return np.asarray(np.maximum(last[earlier] * first[later], 1e-9) ** 0.25)


def _end(end: str) -> list[pl.Expr]:
    time, at = pl.col("time_s"), pl.Expr.first if end == "first" else pl.Expr.last
    chosen = time <= time.min() + _OVER_S if end == "first" else time >= time.max() - _OVER_S
    t, columns = time.filter(chosen), [at(time).alias(f"{end}_s")]
    for axis in ("x", "y"):
        p = pl.col(axis).filter(chosen)
        columns.append(at(pl.col(axis)).alias(f"{end}_{axis}"))
        columns.append((pl.cov(t, p, ddof=0) / t.var(ddof=0)).fill_nan(0.0).fill_null(0.0).alias(f"{end}_v{axis}"))
    return columns + [pl.col(side).filter(chosen).median().alias(f"{end}_{side}") for side in ("width", "height")]
