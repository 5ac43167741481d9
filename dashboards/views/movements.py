"""Movements: which way road users turn at a junction, from which gate to which."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.frame import chart, heading, key_figure, table
from dashboards.views.selection import Selection, choose, choose_place
from dashboards.words import Words


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("movements"), say("movements_about"))
    selection = choose(release, say)
    junction = _choose_junction(release, selection, say)
    rows = queries.movements(release, selection, junction["junction_id"])
    if rows.is_empty():
        st.info(say("no_movement"), icon=":material/turn_slight_right:")
        st.stop()
    lines = queries.lines(release, selection.site_id)
    gates = lines.filter(pl.col("line_id").is_in(junction["gates"]))
    at_gates = rows.filter(pl.any_horizontal(pl.col("entry_line_id", "exit_line_id").is_not_null()))
    _key_figures(rows, at_gates, say)
    _observed(release, selection, gates, say)
    left, right = st.columns([3, 2])
    with left:
        _diagram(release, selection, junction, gates, at_gates, say)
    with right:
        _flows(gates, at_gates, junction, say)
    _matrix(gates, at_gates, junction, say)
    if junction["calibration_note"]:
        st.warning(junction["calibration_note"], icon=":material/straighten:")


def _choose_junction(release: Release, selection: Selection, say: Words) -> dict[str, Any]:
    found = queries.junctions(release, selection.site_id) if release.holds("junctions") else pl.DataFrame()
    junction = choose_place("junction", "junction_id", found, say)
    if junction is None:
        st.info(say("no_junction"), icon=":material/fork_right:")
        st.stop()
    return junction


def _key_figures(rows: pl.DataFrame, at_gates: pl.DataFrame, say: Words) -> None:
    total, met = int(rows["count"].sum()), int(at_gates["count"].sum())
    assigned = at_gates.drop_nulls(["entry_line_id", "exit_line_id"])
    u_turns = assigned.filter(pl.col("entry_line_id") == pl.col("exit_line_id"))
    columns = st.columns(4)
    share = say.percent(int(assigned["count"].sum()) / met) if met else say("not_observed")
    told = {
        "at_a_gate": say.number(met),
        "gate_to_gate": share,
        "u_turns": say.number(int(u_turns["count"].sum())),
        "at_no_gate": say.number(total - met),
    }
    for column, (name, value) in zip(columns, told.items(), strict=True):
        with column:
            key_figure(say(name), value, say("not_validated"), about=say(f"{name}_help"))


def _observed(release: Release, selection: Selection, gates: pl.DataFrame, say: Words) -> None:
    """How long tracks were followed at the gates, which all belong to one camera."""
    hours = queries.observed_hours(release, selection).filter(pl.col("camera_id").is_in(gates["camera_id"].to_list()))
    told = say.duration(3600 * float(hours["observed_h"].sum()))
    st.caption(f"{say('observed_time')}: **{told}**. {say('not_validated_long')}")


def _diagram(
    release: Release,
    selection: Selection,
    junction: dict[str, Any],
    gates: pl.DataFrame,
    rows: pl.DataFrame,
    say: Words,
) -> None:
    st.header(say("turning_diagram"))
    ground = gates.filter(space="ground")
    if ground.height < gates.height:
        st.info(say("no_map"), icon=":material/map:")
        return
    chart(
        figures.turning_diagram(release.plan(selection.site_id), ground, rows, say),
        rows,
        say,
        key="turning",
        alt=say("turning_alt", junction=junction["name"]),
        note=say("turning_note"),
    )


def _flows(gates: pl.DataFrame, rows: pl.DataFrame, junction: dict[str, Any], say: Words) -> None:
    st.header(say("flows"))
    figure = figures.flows(gates, rows, say)
    chart(figure, rows, say, key="flows", alt=say("flows_alt", junction=junction["name"]), note=say("flows_note"))
    names = {**dict(gates.select("line_id", "name").iter_rows()), None: say("unassigned")}
    shown = rows.sort("count", descending=True).select(
        pl.col("entry_line_id").replace_strict(names, default=say("unassigned")).alias(say("from_gate")),
        pl.col("exit_line_id").replace_strict(names, default=say("unassigned")).alias(say("to_gate")),
        pl.col("count").alias(say("tracks_seen")),
    )
    table(shown, say, alt=say("flows_alt", junction=junction["name"]))


def _matrix(gates: pl.DataFrame, rows: pl.DataFrame, junction: dict[str, Any], say: Words) -> None:
    st.header(say("matrix"))
    figure = figures.matrix(gates, rows, say)
    chart(figure, rows, say, key="matrix", alt=say("matrix_alt", junction=junction["name"]), note=say("matrix_note"))
