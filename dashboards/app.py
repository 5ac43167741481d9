"""The planner's dashboard. Start it with ``python -m dashboards``, behind the wall."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboards.links import follow, unread_link
from dashboards.release import Release, ReleaseError, data_folder, open_latest
from dashboards.views import (
    compare,
    conflicts,
    downloads,
    methods,
    movements,
    overview,
    place,
    plaza,
    quality,
    site,
    speeds,
)
from dashboards.views.frame import offer_pages
from dashboards.views.selection import language
from dashboards.words import Words, words

PAGES = {
    "overview": (overview, ":material/dashboard:"),
    "site": (site, ":material/show_chart:"),
    "place": (place, ":material/map:"),
    "movements": (movements, ":material/fork_right:"),
    "speeds": (speeds, ":material/speed:"),
    "conflicts": (conflicts, ":material/warning:"),
    "plaza": (plaza, ":material/groups:"),
    "compare": (compare, ":material/compare_arrows:"),
    "quality": (quality, ":material/verified:"),
    "downloads": (downloads, ":material/download:"),
    "methods": (methods, ":material/menu_book:"),
}


def navigation(release: Release, say: Words) -> StreamlitPage:
    """The page asked for, below the names of all."""
    offered = {
        path: st.Page(
            partial(page.show, release, say), title=say(path), icon=icon, url_path=path, default=path == "overview"
        )
        for path, (page, icon) in PAGES.items()
    }
    offer_pages(offered)
    return st.navigation([*offered.values()], position="top")


def main() -> None:
    """One run of the page asked for."""
    release = open_latest(data_folder() / "released")
    if release is not None and not release.is_empty and (link := unread_link(release)):
        navigation(release, words("en"))
        follow(link)
    say = language()
    if release is None:
        st.title("Passant")
        st.info(say("nothing_released"))
        return
    navigation(release, say).run()


st.set_page_config(page_title="Passant", page_icon=str(Path(__file__).parent / "icon.svg"), layout="wide")
st.html(Path(__file__).parent / "style.css")
try:
    main()
except ReleaseError as error:
    say = words(st.session_state.get("lang") or "en")
    st.error(say("cannot_read", error=error), icon=":material/folder_off:")
