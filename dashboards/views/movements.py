"""Movements: which way road users turn at a junction, from which gate to which."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.frame import chart, crossings_table, heading, key_figure, table
from dashboards.views.selection import Selection, choose, choose_place
from dashboards.words import Words


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("movements"), say("movements_about"))
    selection = choose(release, say)
    junction = _choose_junction(release, selection, say)
    if junction is None:
        st.info(say("no_junction"), icon=":material/fork_right:")
    else:
        _junction(release, selection, junction, say)
    st.header(say("crossings"))
    crossings_table(queries.with_counts(release, selection), say)


def _junction(release: Release, selection: Selection, junction: dict[str, Any], say: Words) -> None:
    """Who went from which gate to which, or why nobody can tell."""
    gates = queries.lines(release, selection.site_id).filter(pl.col("line_id").is_in(junction["gates"]))
    observed = queries.gates_observed(release, selection, junction["junction_id"], gates)
    rows = queries.movements(release, selection, junction["junction_id"])
    if rows.is_empty():
        reason = "no_gate_observed" if observed.is_empty() else "no_movement"
        st.info(say(reason), icon=":material/turn_slight_right:")
        return
    at_gates = rows.filter(pl.any_horizontal(pl.col("entry_line_id", "exit_line_id").is_not_null()))
    pairs = pairs_of_gates(gates["line_id"].to_list(), at_gates, observed)
    _key_figures(rows, at_gates, say)
    _observed(pairs, say)
    left, right = st.columns([3, 2])
    with left:
        _diagram(release, selection, junction, gates, at_gates, say)
    with right:
        _flows(gates, at_gates, junction, say)
    _matrix(gates, pairs, junction, say)
    if junction["calibration_note"]:
        st.warning(junction["calibration_note"], icon=":material/straighten:")


def pairs_of_gates(gates: list[str], rows: pl.DataFrame, observed: pl.DataFrame) -> pl.DataFrame:
    """Every way through a junction: entry_line_id, exit_line_id (NULL: not seen), count (NULL: not observed), hours.

    A way of which one gate was not seen was observed where its other gate was.

    Args:
        gates: line_id of each.
        rows: entry_line_id, exit_line_id (NULL: not seen), count; of the ways that somebody went.
        observed: entry_line_id, exit_line_id, observed_h; of the pairs that were both looked at.
    """
    either = pl.DataFrame({"gate": [*gates, None]}, schema={"gate": pl.String})
    ways = either.rename({"gate": "entry_line_id"}).join(either.rename({"gate": "exit_line_id"}), how="cross")
    entry, leave = pl.col("entry_line_id"), pl.col("exit_line_id")
    ways = ways.filter(entry.is_not_null() | leave.is_not_null()).with_columns(
        seen_in=pl.coalesce(entry, leave), seen_out=pl.coalesce(leave, entry)
    )
    hours = observed.rename({"entry_line_id": "seen_in", "exit_line_id": "seen_out"})
    found = ways.join(hours, on=["seen_in", "seen_out"], how="left", maintain_order="left").join(
        rows, on=["entry_line_id", "exit_line_id"], how="left", nulls_equal=True, maintain_order="left"
    )
    nobody = pl.when(pl.col("observed_h").is_not_null()).then(0)
    return found.select(entry, leave, pl.coalesce("count", nobody).alias("count"), pl.col("observed_h").fill_null(0.0))


def _choose_junction(release: Release, selection: Selection, say: Words) -> dict[str, Any] | None:
    found = queries.junctions(release, selection.site_id) if release.holds("junctions") else pl.DataFrame()
    return choose_place("junction", "junction_id", found, say)


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


def _observed(pairs: pl.DataFrame, say: Words) -> None:
    """How long the ways were looked at; from when to when, where a gate was drawn within the period."""
    least_h, most_h = float(pairs["observed_h"].min() or 0), float(pairs["observed_h"].max() or 0)  # type: ignore[arg-type]
    told = say.duration(3600 * most_h)
    if round(3600 * least_h) < round(3600 * most_h):
        told = say("from_to", low=say.duration(3600 * least_h) if least_h else say("not_observed"), high=told)
        st.info(say("gates_drawn_later"), icon=":material/edit_location_alt:")
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


def _matrix(gates: pl.DataFrame, pairs: pl.DataFrame, junction: dict[str, Any], say: Words) -> None:
    st.header(say("matrix"))
    figure = figures.matrix(gates, pairs, say)
    chart(figure, pairs, say, key="matrix", alt=say("matrix_alt", junction=junction["name"]), note=say("matrix_note"))
