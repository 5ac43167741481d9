"""A counting line clicked on a plan: chosen for every page, and shown beside the plan."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.chosen_cell import keep_clicked
from dashboards.views.frame import chart, clicked, link_to
from dashboards.views.selection import Selection
from dashboards.words import Words

_LINE = "line"  # the widget that chooses a line on other pages


def choose_on_click(figure: go.Figure, rows: pl.DataFrame, say: Words, *, key: str, alt: str, note: str) -> None:
    """A chart on which a click on a line's dot chooses that line, and one on a cell that cell; else as `chart`."""

    def choose() -> None:
        keep_clicked(key)
        if (line_id := clicked(key)) and ":" not in line_id:
            st.session_state[_LINE] = line_id

    chart(figure, rows, say, key=key, alt=alt, note=note, on_select=choose)


def show_chosen(release: Release, selection: Selection, lines: pl.DataFrame, say: Words) -> None:
    """The day of the chosen line and the way to its page; nothing where none has been chosen.

    Args:
        release: where the numbers come from.
        selection: site, period and classes.
        lines: of the site, with counts.
        say: the reader's language.
    """
    chosen = lines.filter(line_id=st.session_state.get(_LINE, ""))
    if chosen.is_empty():
        return
    line = chosen.row(0, named=True)
    st.header(line["name"])
    _counts(line, selection, say)
    rows = queries.hour_by_direction(release, selection, line["line_id"])
    chart(
        figures.butterfly(rows, {way: line[way] for way in selection.directions}, say, height=260),
        rows,
        say,
        key="chosen_line",
        alt=say("butterfly_alt", forward=line["forward"], backward=line["backward"]),
        note=say("butterfly_note"),
    )
    link_to("site", say("open_line", line=line["name"]))


def _counts(line: dict[str, Any], selection: Selection, say: Words) -> None:
    for column, way in zip(st.columns(len(selection.directions)), selection.directions, strict=True):
        column.metric(line[way], say.number(line[f"{way}_count"]), border=True, help=say("crossings_help"))
