"""The tracks of the last recording over the plan, with those that went wrong in front."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from dashboards.operator.canvases import image_canvas, plan_canvas
from dashboards.operator.clicking import clicked
from dashboards.operator.documents import drawings
from dashboards.operator.draft import Draft
from dashboards.words import Words
from pipelines.operator import Broker, LastTracks, NothingToShowError

_BADGES = {"good": "gray", "fragmented": "yellow", "unassigned": "red", "both": "violet"}
# Drawn in this order, so that what went wrong lies on top.
_COLOURS = {"good": "rgba(60,80,95,0.35)", "fragmented": "#e69f00", "unassigned": "#d55e00", "both": "#7b1fa2"}


def show(draft: Draft, camera_id: str, broker: Broker, say: Words) -> None:
    """Loads the tracks on request and draws them."""
    st.caption(say("operator_tracks_about"))
    key = f"tracks_{draft.site_id}_{camera_id}"
    if st.button(say("operator_load_tracks"), icon=":material/timeline:", type="primary"):
        try:
            st.session_state[key] = broker.tracks(draft.site_id, camera_id)
        except NothingToShowError as nothing:
            st.warning(str(nothing))
            return
    last: LastTracks | None = st.session_state.get(key)
    if last is None:
        st.info(say("operator_no_tracks"))
        return
    flags = _states(last.flags)
    _figures(flags, say)
    counts = dict(flags["state"].value_counts().iter_rows())
    names = {
        state: f":{_BADGES[state]}[●] {say(f'operator_state_{state}')} ({say.number(counts.get(state, 0))})"
        for state in _COLOURS
    }
    shown = st.pills(
        say("operator_states"),
        [*names],
        format_func=names.__getitem__,
        selection_mode="multi",
        default=[*names],
        key="states",
    )
    _picture(draft, camera_id, last, flags.filter(pl.col("state").is_in(shown)), say)
    st.caption(say("operator_tracks_of", recording=last.recording_id))


def _states(flags: pl.DataFrame) -> pl.DataFrame:
    lost, pieced = pl.col("is_unassigned"), pl.col("is_fragmented")
    state = pl.when(lost & pieced).then(pl.lit("both")).when(lost).then(pl.lit("unassigned"))
    return flags.with_columns(state=state.when(pieced).then(pl.lit("fragmented")).otherwise(pl.lit("good")))


def _figures(flags: pl.DataFrame, say: Words) -> None:
    row = st.columns(3)
    row[0].metric(say("operator_tracks"), say.number(flags.height), border=True)
    for place, name in zip(row[1:], ("is_unassigned", "is_fragmented"), strict=False):
        share = flags[name].mean() if flags.height else None
        told = f"{say.number(int(flags[name].sum()))} ({say.percent(share)})"  # type: ignore[arg-type]
        place.metric(say(f"operator_flag_{name}"), told, help=say(f"operator_flag_{name}_help"), border=True)


def _picture(draft: Draft, camera_id: str, last: LastTracks, flags: pl.DataFrame, say: Words) -> None:
    ways = [(x, y) for x, y in last.positions.select("x", "y").iter_rows()]
    if last.space == "ground":
        canvas = plan_canvas(draft, camera_id, say, more=ways, is_quiet=True)
    else:
        canvas = image_canvas(draft, camera_id, drawings(draft.documents, camera_id), say)
    clicked(replace(canvas, shapes=[*canvas.shapes, *_ways(last, flags, say)]), say, f"tracks_{camera_id}")


def _ways(last: LastTracks, flags: pl.DataFrame, say: Words) -> list[dict[str, Any]]:
    order = {state: i for i, state in enumerate(_COLOURS)}
    rows = last.positions.group_by("track_id", maintain_order=True).agg("x", "y")
    joined = rows.join(flags, on="track_id").sort(pl.col("state").replace_strict(order, return_dtype=pl.Int64))
    return [
        {
            "corners": [list(c) for c in zip(row["x"], row["y"], strict=True)],
            "stroke": _COLOURS[row["state"]],
            "width": 1.5 if row["state"] == "good" else 2.5,
            "title": say.road_user(row["road_user"]),
        }
        for row in joined.iter_rows(named=True)
    ]
