"""Links that mean the same in every language.

Streamlit keeps what widgets show in the address, in the reader's language. A link is read once, when its
reader arrives: options may stand in it by their key (``period=last_28_days``), which never changes, or as
any language shows them; places by their id or their name.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import streamlit as st

from dashboards import queries
from dashboards.release import Release
from dashboards.views.selection import CHOICES
from dashboards.words import LANGUAGES, Words, words

# What the texts of a parameter's options begin with, where that is not its own name.
_PREFIXES = {"who": "road_user", "with": "compare"}
_TABLES = {"line": "counting_lines", "zone": "zones", "junction": "junctions"}
_ARRIVED = "has_arrived"


def unread_link(release: Release) -> dict[str, list[str]] | None:
    """The link by which a session began, in the words of its language; None where nothing is to be changed."""
    if st.session_state.setdefault(_ARRIVED, False):
        return None
    st.session_state[_ARRIVED] = True
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    said = in_words(given, _places(release, given))
    return said if said != given else None


def follow(link: dict[str, list[str]]) -> None:
    """Runs the page anew with these parameters. Call it after ``st.navigation``, which knows the page asked for."""
    st.query_params.from_dict(link)
    st.rerun()


def in_words(given: Mapping[str, list[str]], places: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """The parameters of a link as its language shows them; what is not known stays as it is.

    Args:
        given: parameter -> its values.
        places: parameter -> id -> name.
    """
    tongue = _language(given.get("lang", ["en"])[0])
    said = {**given, "lang": [LANGUAGES[tongue]]} if "lang" in given else dict(given)
    for name in CHOICES:
        if name in given:
            said[name] = [_shown(value, _PREFIXES.get(name, name), words(tongue)) for value in given[name]]
    for name, names in places.items():
        if name in given:
            said[name] = [names.get(value, value) for value in given[name]]
    return said


def _language(value: str) -> str:
    """The code of a language by its code or its name."""
    return next((code for code, name in LANGUAGES.items() if value in (code, name)), "en")


def _shown(value: str, prefix: str, say: Words) -> str:
    if say.has(f"{prefix}_{value}"):
        return say.texts[f"{prefix}_{value}"]
    for language in LANGUAGES:
        for key, text in words(language).texts.items():
            if text == value and key.startswith(f"{prefix}_"):
                return say.texts[key]
    return value


def _places(release: Release, given: Mapping[str, list[str]]) -> dict[str, dict[str, str]]:
    """The names of what a link may name by id: sites, and the lines, zones and junctions of its site."""
    sites = _names(queries.sites(release), "site_id")
    wanted = given.get("site", [next(iter(sites), "")])[0]
    found = {"site": sites, "reference": sites, "against": sites}
    of_site = {"line": queries.lines, "zone": queries.zones, "junction": queries.junctions}
    for site_id, name in sites.items():
        if wanted in (site_id, name):
            for kind, asked in of_site.items():
                if release.holds(_TABLES[kind]):
                    found[kind] = _names(asked(release, site_id), f"{kind}_id")
    return found


def _names(places: pl.DataFrame, id_column: str) -> dict[str, str]:
    return dict(places.select(id_column, "name").iter_rows())
