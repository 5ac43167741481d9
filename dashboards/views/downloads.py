"""Downloads: the released tables as they are, with their dictionary."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.release import Release
from dashboards.views.frame import heading, table, to_csv, to_parquet
from dashboards.words import Words


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("downloads"), say("downloads_about"))
    if release.is_empty:
        st.info(say("nothing_observed"), icon=":material/hourglass_empty:")
        st.stop()
    manifest = release.manifest
    st.markdown(say("release_about", version=release.version, tier=manifest["tier"], published=published(release, say)))
    sites = {site["site_id"]: site for site in queries.sites(release).iter_rows(named=True)}
    names = {site_id: site["name"] for site_id, site in sites.items()}
    site_id = st.selectbox(say("site"), list(names), format_func=names.__getitem__, key="site", bind="query-params")
    is_simulated = sites[site_id]["is_simulated"]
    if is_simulated:
        st.markdown(f":orange-badge[:material/science: {say('simulated')}] {say('simulated_long')}")
    for name in queries.TABLES:
        if release.holds(name):
            _offer(release, name, site_id, say, is_simulated=is_simulated)
    st.header(say("dictionary"))
    dictionary = data_dictionary(release)
    st.caption(say("dictionary_note"))
    table(
        dictionary.rename({name: say(f"dictionary_{name}") for name in dictionary.columns}),
        say,
        alt=say("dictionary_alt"),
    )
    st.download_button("data_dictionary.csv", to_csv(dictionary), "data_dictionary.csv", "text/csv", on_click="ignore")
    if manifest["held"]:
        st.header(say("held_back"))
        table(pl.DataFrame(manifest["held"]), say, alt=say("held_alt"))


def published(release: Release, say: Words) -> str:
    """When a release was published, as people write it."""
    return f"{say.moment(datetime.fromisoformat(release.manifest['published_at_utc']))} UTC"


def _offer(release: Release, table: str, site_id: str, say: Words, *, is_simulated: bool) -> None:
    stem = f"passant_{site_id}{'_simulated' if is_simulated else ''}_{table}_{release.version}"
    about, as_csv, as_parquet = st.columns([3, 1, 1], vertical_alignment="center")
    about.markdown(f"**{table}**  \n{say(f'table_{table}')}")
    as_csv.download_button(
        f"{table}.csv",
        lambda: to_csv(queries.download(release, table, site_id)),
        f"{stem}.csv",
        "text/csv",
        key=f"{table}-csv",
        on_click="ignore",
        help=say("as_csv", table=table),
        width="stretch",
    )
    as_parquet.download_button(
        f"{table}.parquet",
        lambda: to_parquet(queries.download(release, table, site_id)),
        f"{stem}.parquet",
        "application/vnd.apache.parquet",
        key=f"{table}-parquet",
        on_click="ignore",
        help=say("as_parquet", table=table),
        width="stretch",
    )


def data_dictionary(release: Release) -> pl.DataFrame:
    """table, column, type, description."""
    return pl.DataFrame(
        [
            {"table": table, "column": c["name"], "type": c["type"], "description": c["description"]}
            for table in queries.TABLES
            if table in release.manifest["tables"]
            for c in release.manifest["tables"][table]["columns"]
        ]
    )
