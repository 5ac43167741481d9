"""Conflicts: who comes close to colliding with whom, where and when; they rank places and are no crashes."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.frame import chart, heading, key_figure, table
from dashboards.views.selection import Selection, choose, switch
from dashboards.words import Words

_LIMITS = {"ttc": ((1.0, "1_0"), (1.5, "1_5"), (3.0, "3_0")), "pet": ((1.0, "1_0"), (1.5, "1_5"), (5.0, "5_0"))}
_EXPECTED = ("expected_ttc_below_1_5_s", "expected_pet_below_1_5_s")
_MEASURES = ("pet", "ttc")
_COUNTS = ("conflicts", "not_measured", "drac_above_3_4_m_s2")
_NOWHERE = "-"  # the zone_id of a conflict that lies in none


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("conflicts"), say("conflicts_about"))
    selection = choose(release, say)
    st.caption(say("conflicts_caution"))
    rows = queries.conflicts(release, selection) if release.holds("conflicts") else pl.DataFrame()
    if rows.is_empty():
        st.info(say("no_conflict"), icon=":material/shield:")
        st.stop()
    # Cameras may see the same pair, so that one is shown at a time and none are added.
    camera_id = _camera(rows["camera_id"].unique().sort().to_list(), say)
    hours = queries.observed_hours(release, selection).filter(camera_id=camera_id)
    here = rows.filter(camera_id=camera_id)
    measured = here.filter(pl.col("reason").is_null())
    observed_h = float(hours["observed_h"].sum())
    if measured.is_empty() or not observed_h:
        st.warning(say("conflicts_not_measurable"), icon=":material/block:")
        st.stop()
    _key_figures(measured, observed_h, say)
    measure = switch("measure", _MEASURES, say)
    rated = measured.with_columns(per_hour=pl.col(f"expected_{measure}_below_1_5_s") / observed_h)
    left, right = st.columns([3, 2])
    with left:
        _places(release, selection, rated, say)
    with right:
        _severity(measured, say)
        _pairs(rated, say)
    for note in queries.zones(release, selection.site_id)["calibration_note"].drop_nulls().unique().sort():
        st.warning(note, icon=":material/straighten:")


def _camera(cameras: list[str], say: Words) -> str:
    if len(cameras) == 1:
        return cameras[0]
    picked = st.pills(say("camera"), cameras, default=cameras[0], required=True, key="camera", bind="query-params")
    return picked or cameras[0]


def _key_figures(rows: pl.DataFrame, observed_h: float, say: Words) -> None:
    columns = st.columns(4)
    for column, name in zip(columns, ("ttc", "pet"), strict=False):
        expected = float(rows[f"expected_{name}_below_1_5_s"].sum())
        seen = say.number(int(rows[f"{name}_below_1_5_s"].sum()))
        with column:
            key_figure(
                say(f"expected_{name}"),
                f"{say.number(expected / observed_h, 1)} {say('unit_per_hour')}",
                say("expected_in", n=say.number(expected, 1), seen=seen),
                say("not_validated"),
                about=say(f"expected_{name}_help"),
            )
    with columns[2]:
        braking = say.number(int(rows["drac_above_3_4_m_s2"].sum()))
        key_figure(say("hard_braking"), braking, say("not_validated"), about=say("hard_braking_help"))
    with columns[3]:
        key_figure(say("observed_time"), say.duration(observed_h * 3600), about=say("positions_help"))


def _ranked(rows: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """The keys with the rate per observed hour, the expected numbers and the counts, highest rate first."""
    sums = rows.group_by(keys).agg(pl.col("per_hour", *_EXPECTED, *_COUNTS).sum())
    return sums.sort("per_hour", *keys, descending=[True, *(False for _ in keys)])


def _places(release: Release, selection: Selection, rows: pl.DataFrame, say: Words) -> None:
    st.header(say("conflict_places"))
    zones = queries.zones(release, selection.site_id).filter(camera_id=rows["camera_id"][0])
    by_zone = _ranked(rows, "zone_id")
    placed = zones.join(by_zone, on="zone_id", how="left")
    if placed.height:
        chart(
            figures.conflicts_on_plan(release.plan(selection.site_id), placed, say),
            placed.select("zone_id", "name", "per_hour", *_EXPECTED, *_COUNTS),
            say,
            key="conflict_places",
            alt=say("conflict_places_alt", site=selection.site_name),
            note=say("conflict_places_note"),
        )
    names = {**dict(zones.select("zone_id", "name").iter_rows()), _NOWHERE: say("outside_zones")}
    shown = by_zone.select(
        pl.col("zone_id").replace_strict(names, default=say("outside_zones")).alias(say("zone")),
        pl.col("per_hour").round(1).alias(say("critical_per_hour")),
        pl.col("conflicts").alias(say("pairs_seen")),
        pl.col("not_measured").alias(say("pairs_not_measured")),
        pl.col("drac_above_3_4_m_s2").alias(say("hard_braking")),
    )
    table(shown, say, alt=say("conflict_places_alt", site=selection.site_name))


def _severity(rows: pl.DataFrame, say: Words) -> None:
    st.header(say("severity"))
    found = pl.DataFrame(
        [
            {"measure": measure, "limit_s": limit_s, "pairs": int(rows[f"{measure}_below_{name}_s"].sum())}
            for measure, limits in _LIMITS.items()
            for limit_s, name in limits
        ]
    )
    chart(
        figures.severities(found, say), found, say, key="severity", alt=say("severity_alt"), note=say("severity_note")
    )


def _pairs(rows: pl.DataFrame, say: Words) -> None:
    st.header(say("conflict_pairs"))
    by_pair = _ranked(rows, "road_user", "other_road_user")
    chart(
        figures.pairs_of_classes(by_pair, say),
        by_pair,
        say,
        key="conflict_pairs",
        alt=say("conflict_pairs_alt"),
        note=say("conflict_pairs_note"),
    )
    by_kind = _ranked(rows, "kind").select(
        pl.col("kind").replace_strict({k: say(f"kind_{k}") for k in rows["kind"].unique()}).alias(say("conflict_kind")),
        pl.col("per_hour").round(1).alias(say("critical_per_hour")),
        pl.col("conflicts").alias(say("pairs_seen")),
    )
    table(by_kind, say, alt=say("conflict_pairs_alt"))
