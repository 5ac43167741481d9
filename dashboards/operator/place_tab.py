"""Where the site lies on earth and what lens a camera looks through."""

from __future__ import annotations

from typing import Any

import streamlit as st
import yaml

from dashboards.operator.documents import Documents, camera_of, with_camera
from dashboards.operator.draft import Draft
from dashboards.operator.yaml_edits import with_value
from dashboards.words import Words
from geo.site import SITE_FILE, SiteError, read_site
from pipelines.operator import Broker

_LENSES = ("none", "angle", "distortion")
_COEFFICIENTS = ("k1", "k2", "p1", "p2")


def show(draft: Draft, camera_id: str, _broker: Broker, say: Words) -> None:
    """Two forms; what they hold becomes part of the draft at once, and is saved with it."""
    st.caption(say("operator_place_about"))
    left, right = st.columns(2)
    with left, st.form(f"place_{draft.revision}"):
        st.subheader(say("operator_on_earth"))
        wanted = place_fields(yaml.safe_load(draft.documents[SITE_FILE]), say)
        if st.form_submit_button(say("operator_take_over"), icon=":material/check:"):
            changed = _with_place(draft.documents, wanted)
            if refusal := _refusal(changed, draft.site_id):
                st.error(refusal)
            else:
                draft.change(changed)
    with right:
        st.subheader(say("operator_lens"))
        camera = camera_of(draft.documents, camera_id)
        lens = camera.get("lens") or {}
        kind = st.radio(
            say("operator_lens_known_by"),
            _LENSES,
            index=_LENSES.index(lens_kind(lens)),
            format_func=lambda name: say(f"operator_lens_{name}"),
            key=f"lens_{camera_id}_{draft.revision}",
        )
        with st.form(f"lens_form_{camera_id}_{draft.revision}"):
            described = _lens(kind, lens, camera["size_px"], say)
            if st.form_submit_button(say("operator_take_over"), icon=":material/check:"):
                draft.change(with_camera(draft.documents, camera_id, "lens", described))


def lens_kind(lens: dict[str, Any]) -> str:
    """How site.yaml tells a lens: not at all, by the angle it sees, or by its distortion."""
    return "angle" if "field_of_view_deg" in lens else "distortion" if "focal_px" in lens else "none"


def place_fields(site: dict[str, Any], say: Words) -> dict[str, Any]:
    """CRS and origin as the form has them; both None where no CRS is given."""
    crs = st.text_input(say("operator_crs"), site.get("crs") or "", help=say("operator_crs_help"))
    longitude, latitude = site.get("origin") or (0.0, 0.0)
    lon = st.number_input(say("operator_longitude"), -180.0, 180.0, float(longitude), format="%.6f")
    lat = st.number_input(say("operator_latitude"), -90.0, 90.0, float(latitude), format="%.6f")
    st.caption(say("operator_origin_about"))
    return {"crs": crs.strip() or None, "origin": [round(lon, 6), round(lat, 6)] if crs.strip() else None}


def _refusal(documents: Documents, site_id: str) -> str | None:
    """Why the place cannot be used, or None; what else is wrong with a draft may be mended later."""
    try:
        read_site(documents, site_id)
    except SiteError as error:
        return str(error) if ": crs: " in str(error) or ": origin" in str(error) else None
    return None


def _with_place(documents: Documents, wanted: dict[str, Any]) -> dict[str, str]:
    text = documents[SITE_FILE]
    for name, value in wanted.items():
        if yaml.safe_load(text).get(name) != value:
            text = with_value(text, (name,), value)
    return {**documents, SITE_FILE: text}


def _lens(kind: str, lens: dict[str, Any], size_px: list[int], say: Words) -> dict[str, Any] | None:
    """The lens as the form has it, None for one that is left out."""
    if kind == "none":
        st.caption(say("operator_lens_none_about"))
        return None
    if kind == "angle":
        angle = float(lens.get("field_of_view_deg", 70.0))
        return {"field_of_view_deg": st.number_input(say("operator_angle"), 1.5, 174.5, angle, step=0.5)}
    width, height = size_px
    centre = lens.get("centre_px") or [width / 2, height / 2]
    described = {
        "focal_px": st.number_input(say("operator_focal"), 1.0, 1e5, float(lens.get("focal_px", width)), step=1.0),
        "centre_px": [
            st.number_input(say("operator_centre_x"), 0.0, float(width), float(centre[0]), step=1.0),
            st.number_input(say("operator_centre_y"), 0.0, float(height), float(centre[1]), step=1.0),
        ],
    }
    for name in _COEFFICIENTS:
        described[name] = st.number_input(name, -5.0, 5.0, float(lens.get(name, 0.0)), format="%.5f", step=0.001)
    st.caption(say("operator_distortion_about"))
    return described
