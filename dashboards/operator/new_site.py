"""A new site and its first camera, from the folder of a recording that belongs to no site yet."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

import streamlit as st
import yaml

from dashboards.operator.draft import Draft
from dashboards.operator.place_tab import place_fields
from dashboards.words import Words
from geo.site import SITE_FILE, SiteError
from pipelines.operator import Broker, RecordingError

_NEW, _FREE = "is_new_site", "free_cameras"
# Year to second, as recorders write them, with anything or nothing between.
_TIME = re.compile(r"(20\d\d)(\D?)([01]\d)(\D?)([0-3]\d)(\D?)([0-2]\d)(\D?)([0-5]\d)(\D?)([0-5]\d)")


def offer(place: Any, say: Words) -> None:  # noqa: ANN401  (any container)
    """The button that opens the form."""
    place.button(say("operator_new_site"), icon=":material/add_location_alt:", on_click=_open)


def is_open() -> bool:
    """Whether the form is asked for."""
    return bool(st.session_state.get(_NEW, False))


def show(broker: Broker, say: Words) -> None:
    """The form; what it says is written at once, and the new site is then the one shown."""
    st.header(say("operator_new_site"))
    st.caption(say("operator_new_site_about"))
    if _FREE not in st.session_state:
        st.session_state[_FREE] = broker.free_cameras()
    free: dict[str, str] = st.session_state[_FREE]
    if not free:
        st.info(say("operator_no_free_camera"), icon=":material/videocam_off:")
    else:
        camera_id = st.selectbox(say("operator_first_camera"), list(free), key="new_camera", width=400)
        st.caption(say("operator_image_of", recording=free[camera_id]))
        with st.form(f"new_site_{camera_id}"):
            described = _description(camera_id, free[camera_id], say)
            if st.form_submit_button(say("operator_make_site"), icon=":material/check:", type="primary"):
                _make(broker, described, say)
    st.button(say("operator_cancel"), icon=":material/close:", on_click=_close)


def start_pattern(file_name: str) -> str | None:
    """The ``strptime`` pattern of a file name that holds a date and a time to the second, or None."""
    stem = file_name.rpartition(".")[0].replace("%", "%%")
    found = _TIME.search(stem)
    if found is None:
        return None
    fields = zip(("%Y", "%m", "%d", "%H", "%M", "%S"), (*found.groups()[1::2], ""), strict=True)
    pattern = "".join(code + between for code, between in fields)
    return stem[: found.start()] + pattern + stem[found.end() :]


def _description(camera_id: str, file_name: str, say: Words) -> dict[str, Any]:
    """What site.yaml will say; a neighbour's clock and detector are the likely ones."""
    neighbour = _neighbour()
    names, where = st.columns(2)
    with names:
        name = st.text_input(say("operator_site_name"), key="new_name")
        site_id = st.text_input(say("operator_site_id"), key="new_site_id", help=say("operator_site_id_help"))
        zones = sorted(available_timezones())
        likely = zones.index(neighbour.get("time_zone", "UTC"))
        zone = st.selectbox(say("operator_time_zone"), zones, index=likely, key="new_zone")
        pattern = st.text_input(
            say("operator_start_pattern"),
            start_pattern(file_name) or "",
            key=f"new_pattern_{camera_id}",
            help=say("operator_start_pattern_help"),
        )
        known = (neighbour.get("detector") or {}).get("weights") or ""
        weights = st.text_input(say("operator_weights"), known, key="new_weights", help=say("operator_weights_help"))
    with where:
        place = place_fields({}, say)
    camera = {"camera_id": camera_id, "file_name_time": pattern.strip() or None}
    described: dict[str, Any] = {
        "site_id": site_id.strip(),
        "name": name.strip() or site_id.strip(),
        "time_zone": zone,
        **place,
        "detector": {"weights": weights.strip()} if weights.strip() else None,
        "cameras": [_said(camera)],
    }
    return _said(described)


def _neighbour() -> dict[str, Any]:
    """What the site that was last in hand says of itself."""
    draft: Draft | None = st.session_state.get("draft")
    return dict(yaml.safe_load(draft.read[SITE_FILE])) if draft else {}


def _said(fields: dict[str, Any]) -> dict[str, Any]:
    """Those that say something."""
    return {name: value for name, value in fields.items() if value is not None}


def _make(broker: Broker, described: dict[str, Any], say: Words) -> None:
    if described.get("origin") == [0.0, 0.0]:  # as the form opens, in the Gulf of Guinea
        st.error(say("operator_no_origin"))
        return
    try:
        broker.new_site(described)
    except (RecordingError, SiteError) as error:
        st.error(str(error))
        return
    for name in ("sites", _NEW, _FREE):
        st.session_state.pop(name, None)
    st.session_state.wanted_site = described["site_id"]
    st.rerun()


def _open() -> None:
    st.session_state[_NEW] = True
    st.session_state.pop(_FREE, None)


def _close() -> None:
    st.session_state[_NEW] = False
