"""What OTAnalytics would count on the same tracks: its sections and flows by its own rules, for comparison.

Passant counts by `geo.crossings` and `geo.movements`. This module exists so that an office that used
OTAnalytics can lay both numbers side by side; its rules are OTAnalytics': every step of a track that
touches a section is an event, without hysteresis; a flow is an ordered pair of sections, at most one
per track, the one of the longest duration; a class is that of the largest sum of confidence, in the
tool's own labels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Point = tuple[float, float]

_PARALLEL = 1e-10
_BOXES_AT_ONCE = 200_000  # tracks are apart from one another, and memory need not hold all of them twice


class FlowFileError(ValueError):
    """A file of sections and flows that cannot be used; names the field and what to do."""


@dataclass(frozen=True)
class Section:
    """A line section: its corners in pixels, and the point of a box that is followed, as shares of the box."""

    section_id: str
    name: str
    path_px: tuple[Point, ...]
    offset: Point


@dataclass(frozen=True)
class OrientedFlow:
    """An ordered pair of sections."""

    flow_id: str
    name: str
    start: str
    end: str


def read_flows(text: str) -> tuple[list[Section], list[OrientedFlow]]:
    """Reads the text of an ``.otflow`` file.

    Raises:
        FlowFileError: naming field and fix; sections that are areas are refused.
    """
    try:
        document = json.loads(text)
        sections = [_section(s) for s in document["sections"]]
        flows = [OrientedFlow(f["id"], f["name"], f["start"], f["end"]) for f in document["flows"]]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise FlowFileError(f"otflow: {error}: missing or malformed. Save the file again in OTAnalytics.") from error
    return sections, flows


def _section(described: dict) -> Section:  # type: ignore[type-arg]
    if described["type"] != "line":
        raise FlowFileError(f"sections: {described['name']}: is an {described['type']}. Draw a line section.")
    offset = described["relative_offset_coordinates"]["section-enter"]
    path = tuple((float(p["x"]), float(p["y"])) for p in described["coordinates"])
    return Section(described["id"], described["name"], path, (offset["x"], offset["y"]))


def section_events(boxes: pl.DataFrame, sections: list[Section]) -> pl.DataFrame:
    """Every touch of a section by a step of a track.

    Args:
        boxes: run, track, time_s, left_px, top_px, right_px, bottom_px.
        sections: as in the file.

    Returns:
        run, track, section_id, time_s (of the step's end), interpolated_s (of the touch), x_px, y_px;
        in order of track, then of the touch.
    """
    runs = pl.Enum(boxes["run"].unique().sort())  # sorts as text does, in a third of the time and memory
    ordered = boxes.select(pl.col("run").cast(runs), "track", "time_s", *_SIDES).sort("run", "track", "time_s")
    is_step = (ordered["track"][1:] == ordered["track"][:-1]) & (ordered["run"][1:] == ordered["run"][:-1])
    left, top, right, bottom, time_s = (ordered[c].to_numpy() for c in (*_SIDES, "time_s"))
    found = [_EVENTS]
    for section in sections:
        across, along = section.offset
        way = np.column_stack([left + across * (right - left), top + along * (bottom - top)])
        for a, b in zip(section.path_px[:-1], section.path_px[1:], strict=True):
            steps, share = _touches(way, np.array(a), np.array(b), is_step.to_numpy())
            at = way[steps] + share[:, None] * (way[steps + 1] - way[steps])
            events = ordered[steps + 1].select("run", "track", "time_s", section_id=pl.lit(section.section_id))
            moment = time_s[steps] + share * (time_s[steps + 1] - time_s[steps])
            found.append(
                events.with_columns(
                    interpolated_s=pl.Series(moment), x_px=pl.Series(at[:, 0]), y_px=pl.Series(at[:, 1])
                ).select(pl.col("run").cast(pl.String), *_EVENTS.columns[1:])
            )
    return pl.concat(found).sort("run", "track", "interpolated_s", maintain_order=True)


def assign_flows(boxes: pl.DataFrame, sections: list[Section], flows: list[OrientedFlow]) -> pl.DataFrame:
    """At most one flow per track: of all pairs of its events that a flow names, the longest.

    Args:
        boxes: as for `section_events`, with label and confidence.
        sections: as in the file.
        flows: as in the file.

    Returns:
        run, track, label, flow_id, start_s, end_s, start_interpolated_s, end_interpolated_s; in order of
        time.
    """
    parts = range(boxes.height // _BOXES_AT_ONCE + 1)
    assigned = [_assign(boxes.filter(pl.col("track") % len(parts) == part), sections, flows) for part in parts]
    return pl.concat(assigned).sort("start_s", "run", "track")


def _assign(boxes: pl.DataFrame, sections: list[Section], flows: list[OrientedFlow]) -> pl.DataFrame:
    events = section_events(boxes, sections).with_columns(order=pl.int_range(pl.len()).over("run", "track"))
    named = pl.DataFrame(
        [(f.flow_id, f.start, f.end) for f in flows], schema=["flow_id", "section_id", "end_id"], orient="row"
    )
    starts = events.join(named, on="section_id")
    pairs = starts.join(
        events, left_on=["run", "track", "end_id"], right_on=["run", "track", "section_id"], suffix="_end"
    ).filter(pl.col("order_end") > pl.col("order"))
    longest = (
        pairs.with_columns(duration_s=pl.col("interpolated_s_end") - pl.col("interpolated_s"))
        .sort("duration_s", "order", descending=[True, False], maintain_order=True)
        .unique(["run", "track"], keep="first", maintain_order=True)
    )
    return longest.join(_classes(boxes), on=["run", "track"]).select(
        "run", "track", "label", "flow_id", start_s="time_s", end_s="time_s_end",
        start_interpolated_s="interpolated_s", end_interpolated_s="interpolated_s_end",
    )  # fmt: skip


def count_flows(
    assigned: pl.DataFrame, flows: list[OrientedFlow], classes: tuple[str, ...], *, interval_s: int, span_s: Point
) -> pl.DataFrame:
    """Flows per class and interval by the time of their start, zeros included.

    Args:
        assigned: of `assign_flows`.
        flows: as in the file.
        classes: every label that may occur.
        interval_s: length of an interval; intervals are counted from the epoch in UTC.
        span_s: POSIX times of the first and the last box.

    Returns:
        interval_start_s, label, flow_id, count.
    """
    first, last = (int(t // interval_s) for t in span_s)
    grid = (
        pl.DataFrame(
            {"interval_start_s": [interval_s * i for i in range(first, last + 1)]},
            schema={"interval_start_s": pl.Int64},
        )
        .join(pl.DataFrame({"label": list(classes)}, schema={"label": pl.String}), how="cross")
        .join(pl.DataFrame({"flow_id": [f.flow_id for f in flows]}, schema={"flow_id": pl.String}), how="cross")
    )
    keys = ["interval_start_s", "label", "flow_id"]
    start = (pl.col("start_s") // interval_s).cast(pl.Int64) * interval_s
    counted = assigned.group_by(start.alias("interval_start_s"), "label", "flow_id").agg(count=pl.len())
    return grid.join(counted, on=keys, how="left", maintain_order="left").with_columns(pl.col("count").fill_null(0))


_SIDES = ("left_px", "top_px", "right_px", "bottom_px")
_EVENTS = pl.DataFrame(
    schema={
        "run": pl.String,
        "track": pl.Int64,
        "section_id": pl.String,
        "time_s": pl.Float64,
        "interpolated_s": pl.Float64,
        "x_px": pl.Float64,
        "y_px": pl.Float64,
    }
)


def _touches(way: Floats, a: Floats, b: Floats, is_step: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats]:
    """Steps that meet a leg, ends included, and the share of the step at which they do; parallel ones never."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    near = is_step.copy()
    for c in (0, 1):
        near &= (np.minimum(way[1:, c], way[:-1, c]) <= high[c]) & (np.maximum(way[1:, c], way[:-1, c]) >= low[c])
    steps = np.flatnonzero(near)
    step, leg, offset = way[steps + 1] - way[steps], b - a, way[steps] - a
    across = step[:, 0] * leg[1] - step[:, 1] * leg[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        on_step = (leg[0] * offset[:, 1] - leg[1] * offset[:, 0]) / across
        on_leg = (step[:, 0] * offset[:, 1] - step[:, 1] * offset[:, 0]) / across
    touches = (np.abs(across) > _PARALLEL) & (on_step >= 0) & (on_step <= 1) & (on_leg >= 0) & (on_leg <= 1)
    return steps[touches], on_step[touches]


def _classes(boxes: pl.DataFrame) -> pl.DataFrame:
    """The label of the largest sum of confidence of each track."""
    votes = boxes.group_by("run", "track", "label").agg(pl.col("confidence").sum())
    best = votes.sort("confidence", "label").group_by("run", "track", maintain_order=True).last()
    return best.select("run", "track", "label")
