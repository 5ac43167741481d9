"""Camera set-up. Start it with ``python -m dashboards.operator``."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.operator import calibration_tab, drawing_tab, image_tab, new_site, place_tab, save_tab, tracks_tab
from dashboards.operator.documents import camera_ids
from dashboards.operator.draft import Draft
from dashboards.views.selection import language
from dashboards.words import Words
from geo.site import SiteError
from pipelines.operator import Broker, InboxError

TABS = {
    "image": image_tab,
    "place": place_tab,
    "points": calibration_tab,
    "drawing": drawing_tab,
    "tracks": tracks_tab,
    "save": save_tab,
}
_HERE = Path(__file__).parent


def main() -> None:
    """One run of the page."""
    st.set_page_config(page_title="Passant", page_icon=str(_HERE.parent / "icon.svg"), layout="wide")
    st.html(_HERE.parent / "style.css")
    say, broker = language(), Broker.from_environment()
    st.title(say("operator_title"))
    st.caption(say("operator_about", operator=broker.operator))
    try:
        _show(broker, say)
    except (InboxError, SiteError) as error:
        st.error(str(error))


def _show(broker: Broker, say: Words) -> None:
    bar = st.container(horizontal=True, vertical_alignment="bottom", key="filters", border=True)
    if "sites" not in st.session_state:
        st.session_state.sites = broker.sites()
    if made := st.session_state.pop("wanted_site", None):
        st.session_state.site = made
    site_id = bar.selectbox(say("operator_site"), st.session_state.sites, key="site", width=260)
    new_site.offer(bar, say)
    if site_id is None or new_site.is_open():
        new_site.show(broker, say)
        return
    draft = _draft(broker, site_id)
    camera_id = bar.selectbox(say("operator_camera"), camera_ids(draft.documents), key=f"camera_{site_id}", width=260)
    if bar.button(say("operator_undo"), icon=":material/undo:", disabled=not draft.past):
        draft.undo()
    if bar.button(say("operator_reload"), icon=":material/refresh:"):
        del st.session_state.draft
        st.rerun()
    if draft.changed:
        bar.badge(say("operator_unsaved", files=", ".join(draft.changed)), icon=":material/edit:", color="orange")
    tab = st.segmented_control(
        say("operator_step"),
        [*TABS],
        format_func=lambda name: say(f"operator_tab_{name}"),
        default="image",
        required=True,
        key="tab",
        label_visibility="collapsed",
    )
    TABS[tab or "image"].show(draft, camera_id, broker, say)


def _draft(broker: Broker, site_id: str) -> Draft:
    """The draft in hand, or a new one of the site's files."""
    draft: Draft | None = st.session_state.get("draft")
    if draft is None or draft.site_id != site_id:
        documents = broker.read_site(site_id)
        draft = st.session_state.draft = Draft(site_id, documents, documents)
    return draft


main()
