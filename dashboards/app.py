"""The planner's dashboard. Start it with ``python -m dashboards``, behind the wall."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from dashboards.release import data_folder, open_latest
from dashboards.views import downloads, place, trends

st.set_page_config(page_title="Passant", page_icon=str(Path(__file__).parent / "icon.svg"), layout="wide")

release = open_latest(data_folder() / "released")
if release is None:
    st.title("Passant")
    st.info("Nothing has been released yet. Run `make demo`, or `passant run`, then reload this page.")
    st.stop()

pages = {"map": ("Map", place.show, ":material/map:"), "trends": ("Trends", trends.show, ":material/show_chart:")}
pages["downloads"] = ("Downloads", downloads.show, ":material/download:")
navigation = st.navigation(
    [
        st.Page(partial(show, release), title=title, icon=icon, url_path=path, default=path == "map")
        for path, (title, show, icon) in pages.items()
    ],
    position="top",
)
navigation.run()
