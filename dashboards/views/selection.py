"""The filter bar that every page shares: site, days and classes, kept in the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.release import Release

_DAYS_AT_FIRST = 14
ROAD_USERS = ("pedestrian", "cyclist", "scooter", "motorcycle", "car", "van", "bus", "truck", "tram")


@dataclass(frozen=True)
class Selection:
    """What a page shows."""

    site_id: str
    site_name: str
    first_day: date
    last_day: date
    road_users: list[str]


def choose(release: Release) -> Selection:
    """Shows the filter bar and returns what is chosen; ends the page where nothing is released."""
    if release.is_empty:
        st.info("This release holds no observed day yet. Run the pipeline, then reload this page.")
        st.stop()
    sites = queries.sites(release)
    names = dict(sites.select("site_id", "name").iter_rows())
    where, when, who = st.columns([1, 1, 2])
    with where:
        site_id = st.selectbox("Site", list(names), format_func=names.__getitem__, key="site", bind="query-params")
    days = queries.quality(release, site_id)["day"].unique().sort().to_list()
    with when:
        first_day, last_day = _days(days)
    known = queries.totals(release, site_id, days[0], days[-1])["road_user"].unique().to_list()
    offered = [road_user for road_user in ROAD_USERS if road_user in known]
    with who:
        chosen = st.pills(
            "Road users", offered, selection_mode="multi", default=offered, format_func=str.capitalize, key="who"
        )
    say_if_simulated(sites, site_id)
    if not chosen:
        st.info("Choose at least one kind of road user.")
        st.stop()
    return Selection(site_id, names[site_id], first_day, last_day, list(chosen))


def say_if_simulated(sites: pl.DataFrame, site_id: str) -> bool:
    """Says so where nothing of a site is real, and returns it."""
    is_simulated = bool(sites.filter(site_id=site_id)["is_simulated"][0])
    if is_simulated:
        st.markdown(
            ":orange-badge[:material/science: Simulated] Everything about this site is made up: footage was rendered, "
            "counts, events and weather were simulated; nobody was filmed."
        )
    return is_simulated


def _days(days: list[date]) -> tuple[date, date]:
    if len(days) == 1:
        st.text_input("Day", f"{days[0]:%a %d %b %Y}", disabled=True)
        return days[0], days[0]
    recent = max(days[0], days[-1] - timedelta(days=_DAYS_AT_FIRST - 1))
    picked = st.date_input("Days", (recent, days[-1]), min_value=days[0], max_value=days[-1])
    both = [day for day in (picked if isinstance(picked, tuple) else (picked,)) if day is not None]
    return (both[0], both[-1]) if both else (days[0], days[-1])
