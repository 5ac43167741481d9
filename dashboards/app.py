"""The planner's dashboard. Start it with ``python -m dashboards``, behind the wall."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from dashboards.release import data_folder, open_latest
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
from dashboards.views.selection import language

st.set_page_config(page_title="Passant", page_icon=str(Path(__file__).parent / "icon.svg"), layout="wide")
st.html(Path(__file__).parent / "style.css")
say = language()

release = open_latest(data_folder() / "released")
if release is None:
    st.title("Passant")
    st.info(say("nothing_released"))
    st.stop()

pages = {
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
navigation = st.navigation(
    [
        st.Page(partial(page.show, release, say), title=say(path), icon=icon, url_path=path, default=path == "overview")
        for path, (page, icon) in pages.items()
    ],
    position="top",
)
navigation.run()
