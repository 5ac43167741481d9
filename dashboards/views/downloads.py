"""Downloads: the released tables as they are, with their dictionary."""

from __future__ import annotations

import io

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.release import Release
from dashboards.views.selection import say_if_simulated

_FORMULA = "^[=+\\-@\t\r]"


def show(release: Release) -> None:
    """The page."""
    st.title("Downloads")
    if release.is_empty:
        st.info("This release holds no observed day yet. Run the pipeline, then reload this page.")
        st.stop()
    manifest = release.manifest
    st.markdown(
        f"Release **{release.version}**, {manifest['tier']} tier, published {manifest['published_at_utc']}. "
        "Exact aggregates for authorised staff and agencies; nothing about anyone in particular is in them."
    )
    names = dict(queries.sites(release).select("site_id", "name").iter_rows())
    site_id = st.selectbox("Site", list(names), format_func=names.__getitem__, key="site", bind="query-params")
    is_simulated = say_if_simulated(queries.sites(release), site_id)
    for table in queries.TABLES:
        _offer(release, table, site_id, is_simulated=is_simulated)
    st.subheader("Data dictionary")
    dictionary = data_dictionary(release)
    st.dataframe(dictionary, hide_index=True, height=420, alt="Every column of every table with its type and meaning.")
    st.download_button("data_dictionary.csv", to_csv(dictionary), "data_dictionary.csv", "text/csv", on_click="ignore")
    if manifest["held"]:
        st.subheader("Held back")
        st.dataframe(pl.DataFrame(manifest["held"]), hide_index=True, alt="Days a failed check holds back, and why.")


def _offer(release: Release, table: str, site_id: str, *, is_simulated: bool) -> None:
    described = release.manifest["tables"][table]
    stem = f"passant_{site_id}{'_simulated' if is_simulated else ''}_{table}_{release.version}"
    about, as_csv, as_parquet = st.columns([3, 1, 1], vertical_alignment="center")
    about.markdown(f"**{table}**  \n{described['description'].splitlines()[0]}")
    as_csv.download_button(
        f"{table}.csv",
        lambda: to_csv(queries.download(release, table, site_id)),
        f"{stem}.csv",
        "text/csv",
        key=f"{table}-csv",
        on_click="ignore",
        help=f"{table} as CSV, UTF-8, empty cells for NULL",
        width="stretch",
    )
    as_parquet.download_button(
        f"{table}.parquet",
        lambda: to_parquet(queries.download(release, table, site_id)),
        f"{stem}.parquet",
        "application/vnd.apache.parquet",
        key=f"{table}-parquet",
        on_click="ignore",
        help=f"{table} as Parquet",
        width="stretch",
    )


def data_dictionary(release: Release) -> pl.DataFrame:
    """table, column, type, description."""
    return pl.DataFrame(
        [
            {"table": table, "column": c["name"], "type": c["type"], "description": c["description"]}
            for table in queries.TABLES
            for c in release.manifest["tables"][table]["columns"]
        ]
    )


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
