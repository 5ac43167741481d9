"""Methods: how the numbers come about, what they mean, and what they cannot say."""

from __future__ import annotations

import streamlit as st

from dashboards.release import Release
from dashboards.views.downloads import published
from dashboards.views.frame import heading
from dashboards.words import Words

_SECTIONS = ("way", "count", "coverage", "uncertainty", "metres", "comparison", "never")
_TERMS = (
    "counting_line", "crossing", "direction", "movement", "observed_hour", "coverage", "whole_day", "interval",
    "peak_hour_factor", "mean_speeds", "v85", "saturation", "edie_density", "velocity", "fundamental",
    "level_of_service", "dwell", "ttc", "pet", "drac", "leave_one_out", "release",
)  # fmt: skip


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("methods"), say("methods_about"))
    st.caption(say("release_version", version=release.version, published=published(release, say)))
    text, terms = st.columns([3, 2], gap="large")
    with text:
        for section in _SECTIONS:
            st.header(say(f"method_{section}"))
            st.markdown(say(f"method_{section}_text"))
    with terms:
        st.header(say("glossary"))
        for term in _TERMS:
            st.markdown(f"**{say(f'term_{term}')}**  \n{say(f'term_{term}_text')}")
