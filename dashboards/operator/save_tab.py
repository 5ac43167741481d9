"""What would be written, whether it is a valid site, and the button that writes it."""

from __future__ import annotations

import difflib

import streamlit as st

from dashboards.operator.draft import Draft
from dashboards.words import Words
from geo.site import Site, SiteError
from pipelines.operator import Broker


def show(draft: Draft, _camera_id: str, broker: Broker, say: Words) -> None:
    """The changes file by file, the verdict, the button."""
    site = draft.site()
    if isinstance(site, Site):
        st.success(say("operator_valid", version=site.version))
    else:
        st.error(str(site))
    if not draft.changed:
        st.info(say("operator_saved" if st.session_state.pop("saved", False) else "operator_unchanged"))
        return
    for name in draft.changed:
        with st.expander(name, expanded=True):
            st.code(_difference(draft.read.get(name, ""), draft.documents[name]), language="diff", wrap_lines=True)
    st.caption(say("operator_save_about"))
    label = say("operator_save")
    if st.button(label, icon=":material/save:", type="primary", disabled=not isinstance(site, Site)):
        try:
            broker.save_site(draft.site_id, draft.documents, draft.read)
        except SiteError as error:
            st.error(str(error))
            return
        draft.read, draft.past = draft.documents, []
        st.session_state.saved = True
        st.rerun()


def _difference(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return "\n".join([*lines][2:])
