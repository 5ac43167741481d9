"""The picture to work on: the people-free background of the camera's last recording."""

from __future__ import annotations

import streamlit as st

from dashboards.operator.canvases import image_canvas
from dashboards.operator.clicking import clicked
from dashboards.operator.documents import drawings
from dashboards.operator.draft import Draft
from dashboards.operator.picture import data_url
from dashboards.words import Words
from pipelines.operator import Broker, NothingToShowError, RecordingError


def show(draft: Draft, camera_id: str, broker: Broker, say: Words) -> None:
    """Loads the background on request, and shows it with everything drawn."""
    st.caption(say("operator_image_about"))
    if st.button(say("operator_load_image"), icon=":material/image:", type="primary"):
        with st.spinner(say("operator_loading")):
            try:
                reference = broker.reference(draft.site_id, camera_id)
            except (NothingToShowError, RecordingError) as error:
                st.warning(str(error))
                return
        draft.pictures[camera_id] = data_url(reference.grey)
        st.session_state[f"reference_{camera_id}"] = reference.recording_id
    if camera_id not in draft.pictures:
        st.info(say("operator_no_image"))
        return
    st.caption(say("operator_image_of", recording=st.session_state.get(f"reference_{camera_id}", "")))
    clicked(image_canvas(draft, camera_id, drawings(draft.documents, camera_id), say), say, f"picture_{camera_id}")
