"""Map: where road users spend their time and which way they go, over a plan of the place."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.chosen_cell import chosen_cell, pick_cell, show_cell
from dashboards.views.chosen_line import choose_on_click, show_chosen
from dashboards.views.frame import calibration_notes, chart, crossings_table, heading
from dashboards.views.selection import Selection, choose, switch
from dashboards.words import Words

_CELLS = {
    "density": figures.heatmap_on_plan,
    "velocity": figures.flow_on_plan,
    "speed": figures.speed_on_plan,
}
# A release whose sites are all without positions.
_NO_CELL = dict.fromkeys(("cell_x", "cell_y", "density_per_m2", "vx_m_s", "vy_m_s", "speed_m_s"), pl.Float64)


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("place"), say("place_about"))
    selection = choose(release, say)
    lines = queries.with_counts(release, selection)
    cells = queries.occupancy(release, selection) if release.holds("occupancy") else pl.DataFrame(schema=_NO_CELL)
    plan, beside = st.columns([5, 3])
    with plan:
        _map(release, selection, cells, lines.filter(space="ground"), say)
    with beside:
        pick_cell(cells, say)
        show_cell(release, selection, cells, say)
        show_chosen(release, selection, lines, say)
        st.header(say("crossings"))
        crossings_table(lines, say)
    calibration_notes(lines)


def _map(release: Release, selection: Selection, cells: pl.DataFrame, lines: pl.DataFrame, say: Words) -> None:
    if cells.is_empty() and lines.is_empty():
        st.info(say("no_map"), icon=":material/map:")
        return
    layer = switch("layer", (*_CELLS, "desire"), say)
    if layer == "desire":
        _desire_lines(release, selection, say)
        return
    if cells.is_empty():
        st.info(say("no_positions"), icon=":material/location_off:")
    who = ", ".join(say.road_user(r) for r in selection.road_users)
    busiest = max((100 * d for d in cells["density_per_m2"].to_list()), default=0.0)
    choose_on_click(
        _CELLS[layer](release.plan(selection.site_id), cells, lines, say, chosen_cell()),
        cells,
        say,
        key=layer,
        alt=say(f"{layer}_alt", site=selection.site_name, who=who, busiest=say.number(busiest, 1)),
        note=f"{say(f'{layer}_note')} {say('click_a_line_or_cell')}",
    )


def _desire_lines(release: Release, selection: Selection, say: Words) -> None:
    """The movements of every junction whose gates are on the ground."""
    found = queries.junctions(release, selection.site_id) if release.holds("junctions") else pl.DataFrame()
    lines = queries.lines(release, selection.site_id).filter(space="ground")
    junctions = [
        (lines.filter(pl.col("line_id").is_in(one["gates"])), queries.movements(release, selection, one["junction_id"]))
        for one in found.iter_rows(named=True)
    ]
    drawn = [(gates, rows) for gates, rows in junctions if gates.height and rows.height]
    if not drawn:
        st.info(say("no_desire_line"), icon=":material/turn_slight_right:")
        return
    chart(
        figures.desire_lines(release.plan(selection.site_id), drawn, say),
        pl.concat([rows for _, rows in drawn]),
        say,
        key="desire_lines",
        alt=say("desire_alt", site=selection.site_name),
        note=say("desire_note"),
    )
