"""Two sites over the same period: where more pass, weekday against weekday."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.views.changes import as_rows, changes_table
from dashboards.views.frame import chart
from dashboards.views.selection import GROUPS, Selection
from dashboards.words import Words


def other_sites(release: Release, selection: Selection) -> dict[str, str]:
    """site_id -> name of the other sites whose lines may be added up; none where those of the chosen one may not."""
    if selection.overlapping_views:
        return {}
    sites = queries.sites(release).filter(pl.col("overlapping_views").is_null(), pl.col("site_id") != selection.site_id)
    return dict(sites.select("site_id", "name").iter_rows())


def show_sites(release: Release, here: Selection, others: dict[str, str], say: Words) -> None:
    """How much more passes at the chosen site than at another one, by group of road users.

    Args:
        release: where the numbers come from.
        here: site, period and classes.
        others: the sites to choose from, as of `other_sites`.
        say: the reader's language.
    """
    site_id = st.selectbox(
        say("against_site"), list(others), format_func=others.__getitem__, key="against", bind="query-params"
    )
    name = others[site_id] if others[site_id] != here.site_name else f"{others[site_id]} ({site_id})"
    there = replace(here, site_id=site_id, site_name=name)
    rows = _differences(release, there, here, say)
    period = f"{say.day(here.first_day)} – {say.day(here.last_day)}"
    st.header(say("compare_of", before=there.site_name, after=here.site_name) + f", {period}")
    figure = figures.changes(rows, say, axis=say("difference_percent"))
    chart(figure, rows, say, key="differences", alt=say("differences_alt"), note=say("differences_note"))
    heads = {
        "name": say("road_users"),
        "before_per_day": say("site_per_day", site=there.site_name),
        "after_per_day": say("site_per_day", site=here.site_name),
        "change": say("difference"),
        "whole_days": say("whole_days_of", before=there.site_name, after=here.site_name),
    }
    changes_table(rows, heads, say, alt=say("differences_alt"))


def _differences(release: Release, there: Selection, here: Selection, say: Words) -> pl.DataFrame:
    """A row for all road users and one for each group that is chosen."""
    chosen = {name: [r for r in members if r in here.road_users] for name, members in GROUPS.items()}
    groups = {"everybody": list(here.road_users), **{name: members for name, members in chosen.items() if members}}
    both = [queries.days_of_groups(release, site, groups) for site in (there, here)]
    return as_rows((say(f"group_{name}"), comparison.compare(*(days[name] for days in both))) for name in groups)
