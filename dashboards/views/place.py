"""Map: where road users spend their time and which way they go, over a plan of the place."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.frame import calibration_notes, chart, heading, table
from dashboards.views.selection import Selection, choose
from dashboards.words import Words

_LAYERS = ("density", "velocity")


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("place"), say("place_about"))
    selection = choose(release, say)
    lines = queries.with_counts(release, selection)
    plan, table = st.columns([5, 3])
    with plan:
        _map(release, selection, lines.filter(space="ground"), say)
    with table:
        _table(lines, say)
    calibration_notes(lines)


def _map(release: Release, selection: Selection, lines: pl.DataFrame, say: Words) -> None:
    who = ", ".join(say.road_user(r) for r in selection.road_users)
    cells = queries.occupancy(release, selection.site_id, selection.road_users, selection.first_day, selection.last_day)
    if cells.is_empty() and lines.is_empty():
        st.info(say("no_map"), icon=":material/map:")
        return
    layer = st.segmented_control(
        say("layer"),
        list(_LAYERS),
        default="density",
        required=True,
        format_func=lambda name: say(f"layer_{name}"),
        key="layer",
        bind="query-params",
    )
    draw = figures.flow_on_plan if layer == "velocity" else figures.heatmap_on_plan
    busiest = max((100 * d for d in cells["density_per_m2"].to_list()), default=0.0)
    if cells.is_empty():
        st.info(say("no_positions"), icon=":material/location_off:")
    chart(
        draw(release.plan(selection.site_id), cells, lines, say),
        cells,
        say,
        key=str(layer),
        alt=say(f"{layer}_alt", site=selection.site_name, who=who, busiest=say.number(busiest, 1)),
        note=say(f"{layer}_note"),
    )


def _table(lines: pl.DataFrame, say: Words) -> None:
    st.header(say("crossings"))
    rows = pl.concat(
        lines.select(
            pl.col("name").alias(say("line")),
            pl.col(direction).alias(say("direction")),
            pl.col(f"{direction}_count").alias(say("crossings")),
        )
        for direction in ("forward", "backward")
    ).sort(say("line"), maintain_order=True)
    table(rows, alt=say("crossings_alt"))
    st.caption(say("crossings_note"))
