"""What pages have in common: their heading, a chart with its table, and notes on what the numbers rest on."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import plotly.graph_objects as go
import polars as pl
import polars.selectors as cs
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboards import design
from dashboards.words import Words

_PAGES = "pages"
_ROWS_AT_ONCE = 20
_FORMULA = "^[=+\\-@\t\r]"


def heading(title: str, about: str) -> None:
    """The page's title and what it is for."""
    st.title(title)
    st.caption(about)


def chart(
    figure: go.Figure,
    rows: pl.DataFrame,
    say: Words,
    *,
    key: str,
    alt: str,
    note: str = "",
    on_select: Literal["ignore", "rerun"] | Callable[[], None] = "ignore",
) -> str | None:
    """A chart, a note under it and the rows behind it as CSV.

    Returns what a reader has clicked on, as `clicked` does.

    Args:
        figure: what is drawn.
        rows: exactly what is shown.
        say: the reader's language.
        key: names the chart, its picture and its CSV.
        alt: what a reader who cannot see it should know.
        note: how to read it.
        on_select: what a click on a mark does: nothing, run the page anew, or call this first.
    """
    st.plotly_chart(figure, config=design.config(key), key=key, alt=alt, on_select=on_select, selection_mode="points")
    below = st.container(horizontal=True, vertical_alignment="top", gap="small", key=f"below-{key}")
    below.caption(note or alt, width="stretch")
    below.download_button(
        "CSV",
        to_csv(rows),
        f"passant_{key}.csv",
        "text/csv",
        key=f"{key}-csv",
        on_click="ignore",
        icon=":material/download:",
        help=say("csv_of_this", name=key.replace("_", " ")),
        type="tertiary",
    )
    return clicked(key) if on_select != "ignore" else None


def clicked(key: str) -> str | None:
    """The id or name that the clicked mark of a chart carries first; None where none is clicked."""
    points = st.session_state[key]["selection"]["points"]
    carried = points[0].get("customdata") if points else None
    return str(carried[0]) if isinstance(carried, list) else None


@dataclass(frozen=True)
class SmallPicture:
    """A small picture in a card: what is drawn, its name, and what a reader who cannot see it should know."""

    figure: go.Figure
    key: str
    alt: str


def pick(
    told: dict[str, str],
    chosen: str | None,
    keep: Callable[[str | None], None],
    *,
    label: str,
    placeholder: str,
    key: str,
) -> None:
    """One of some things, or none, by keyboard; what was clicked on a chart stands in it too.

    Args:
        told: words of each thing.
        chosen: which of them, or None.
        keep: is told a new choice.
        label: of the field.
        placeholder: stands in it where nothing is chosen.
        key: of the field.
    """
    st.session_state[key] = chosen if chosen in told else None
    st.selectbox(
        label,
        list(told),
        index=None,
        placeholder=placeholder,
        format_func=told.__getitem__,
        key=key,
        on_change=lambda: keep(st.session_state[key]),
    )


def key_figure(
    label: str, value: str, *notes: str, about: str | None = None, picture: SmallPicture | None = None
) -> None:
    """A number in a card with what must be said beside it: its interval, or that it has none.

    Args:
        label: what it is.
        value: the number with its unit, or why there is none.
        notes: a line each, below the number.
        about: its definition, shown on hover.
        picture: how it went, below the number.
    """
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.metric(label, value, help=about)
        if picture is not None:
            bare = {**design.config(picture.key), "displayModeBar": False}
            st.plotly_chart(picture.figure, config=bare, key=picture.key, alt=picture.alt)
        for note in notes:
            st.caption(note)


def offer_pages(pages: dict[str, StreamlitPage]) -> None:
    """Tells this session's pages by their names, so that one can link to another."""
    st.session_state[_PAGES] = pages


def link_to(name: str, label: str) -> None:
    """A link to another page, which keeps what is chosen; nothing where a page is shown on its own."""
    if page := st.session_state.get(_PAGES, {}).get(name):
        st.page_link(page, label=label, icon=":material/arrow_forward:")


def table(rows: pl.DataFrame, say: Words, *, alt: str) -> None:
    """A table in the reader's language; a short one breaks its lines where there is little room, a long one scrolls.

    Args:
        rows: exactly what is shown.
        say: the reader's language.
        alt: what a reader who cannot see it should know.
    """
    if rows.height > _ROWS_AT_ONCE:
        formats = {
            **{name: st.column_config.DateColumn(format="iso8601") for name in rows.select(cs.date()).columns},
            **{name: st.column_config.NumberColumn(format="localized") for name in rows.select(cs.numeric()).columns},
        }
        st.dataframe(rows, hide_index=True, column_config=formats, alt=alt, height=420, placeholder="")
        return
    numbers = {name: partial(_told, say=say, digits=_digits(rows[name])) for name in rows.select(cs.numeric()).columns}
    told = rows.with_columns(cs.date().cast(pl.String), cs.string().fill_null(""))
    st.table(told.to_pandas().style.format(numbers), hide_index=True, alt=alt)


def crossings_table(lines: pl.DataFrame, say: Words) -> None:
    """The crossings of every counting line, one direction a row; empty where not observed.

    Args:
        lines: name, forward, backward, forward_count and backward_count (NULL: not observed).
        say: the reader's language.
    """
    rows = pl.concat(
        lines.select(
            pl.col("name").alias(say("line")),
            pl.col(direction).alias(say("direction")),
            pl.col(f"{direction}_count").alias(say("crossings")),
        )
        for direction in ("forward", "backward")
    ).sort(say("line"), maintain_order=True)
    table(rows, say, alt=say("crossings_alt"))
    st.caption(say("crossings_note"))


def _told(value: float, *, say: Words, digits: int) -> str:
    return "" if value is None or value != value else say.number(value, digits)


def _digits(values: pl.Series) -> int:
    """How many decimals a column needs, so that all of its numbers have as many; at most two."""
    known = values.drop_nulls()
    return next((digits for digits in (0, 1) if known.equals(known.round(digits))), 2) if known.dtype.is_float() else 0


def calibration_notes(lines: pl.DataFrame) -> None:
    """What must stand beside numbers in metres."""
    for note in lines["calibration_note"].drop_nulls().unique().sort():
        st.warning(note, icon=":material/straighten:")


def to_csv(rows: pl.DataFrame) -> bytes:
    """CSV in which no text starts a formula when a spreadsheet opens it; NULL is an empty cell."""
    text = pl.col(pl.String)
    safe = rows.with_columns(pl.when(text.str.contains(_FORMULA)).then("'" + text).otherwise(text).name.keep())
    return safe.write_csv().encode()


def to_parquet(rows: pl.DataFrame) -> bytes:
    """Parquet, zstd."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
