"""A cell clicked on a heatmap: kept in the address, so that a link shows it too, and told beside the heatmap."""

from __future__ import annotations

import re

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.views.frame import chart, clicked, key_figure, pick
from dashboards.views.selection import Selection
from dashboards.words import Words

_OFFERED = 50
_CELL = re.compile(r"(-?\d{1,5})_(-?\d{1,5})")


def keep_clicked(key: str) -> None:
    """Keeps the cell that was clicked on a chart, whose marks carry ``<name>:<x>_<y>``; other marks do nothing."""
    name, found, cell = (clicked(key) or "").partition(":")
    if found:
        st.query_params[name] = cell


def chosen_cell() -> tuple[int, int] | None:
    """The place of the map's cell in the address, in metres east and north, or None."""
    match = _CELL.fullmatch(st.query_params.get("cell", ""))
    return (int(match[1]), int(match[2])) if match else None


def pick_cell(cells: pl.DataFrame, say: Words) -> None:
    """One of the densest cells by keyboard.

    Args:
        cells: cell_x, cell_y, density_per_m2.
        say: the reader's language.
    """
    densest = cells.sort("density_per_m2", descending=True).head(_OFFERED)
    told = {
        f"{east}_{north}": say("cell_told", east=east, north=north, density=say.number(100 * density, 1))
        for east, north, density in densest.select("cell_x", "cell_y", "density_per_m2").iter_rows()
    }
    if not told:
        return
    pick(
        told,
        st.query_params.get("cell"),
        _keep_cell,
        label=say("busiest_cells"),
        placeholder=say("choose_a_cell"),
        key="picked_cell",
    )


def _keep_cell(cell: str | None) -> None:
    if cell:
        st.query_params["cell"] = cell
    else:
        st.query_params.pop("cell", None)


def show_cell(release: Release, selection: Selection, cells: pl.DataFrame, say: Words) -> None:
    """The figures of the chosen cell of a map; nothing where none is chosen.

    Args:
        release: where the numbers come from.
        selection: site, period and classes.
        cells: cell_x, cell_y, density_per_m2, speed_m_s.
        say: the reader's language.
    """
    cell = chosen_cell()
    if cell is None:
        return
    st.header(say("cell_heading", east=cell[0], north=cell[1]))
    _offer_to_close(say)
    rows = queries.cell_by_hour(release, selection, cell)
    here = cells.filter(cell_x=cell[0], cell_y=cell[1])
    if here.is_empty() or rows.is_empty():
        st.info(say("cell_nobody"), icon=":material/grid_off:")
        return
    _key_figures(here.row(0, named=True), queries.cell_by_day(release, selection, cell), say)
    observed_s = 3600 * float(rows.unique("hour")["observed_h"].sum())
    chart(
        figures.density_by_hour(rows, say),
        rows,
        say,
        key="cell_by_hour",
        alt=say("cell_alt", east=cell[0], north=cell[1]),
        note=say("cell_note", observed=say.duration(observed_s)),
    )


def _key_figures(cell: dict[str, float], days: pl.DataFrame, say: Words) -> None:
    """Density and speed, each with the interval that its days give it."""
    spent_s, observed_days = days["presence_s"].to_list(), say("of_days", n=days.height)
    # Seconds per 100 m2: a cell has one.
    density = comparison.ratio_interval([100 * s for s in spent_s], days["observed_s"].to_list())
    speed = comparison.ratio_interval(days["way_m"].to_list(), spent_s)
    left, right = st.columns(2)
    with left:
        value, bounds = say.number(100 * cell["density_per_m2"], 2), say.interval(*density, 2)
        key_figure(say("cell_density"), value, bounds, observed_days, about=say("density_note"))
    with right:
        value, bounds = say.number(cell["speed_m_s"], 2), say.interval(*speed, 2)
        key_figure(say("cell_speed"), value, bounds, observed_days, about=say("speed_note"))


def _offer_to_close(say: Words) -> None:
    """A button that takes the cell out of the address."""

    def forget() -> None:
        st.query_params.pop("cell", None)

    st.button(say("cell_forget"), key="forget_cell", icon=":material/close:", on_click=forget, type="tertiary")
