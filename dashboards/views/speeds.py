"""Speeds and queues: how fast road users pass a line, how long they queue before it, how they flow off."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.percentiles import LEAST_VEHICLES, Percentile, v85
from dashboards.release import Release
from dashboards.views.frame import calibration_notes, chart, heading, key_figure, table
from dashboards.views.selection import Selection, choose, choose_line
from dashboards.words import Words

_KM_H = 3.6
# Counts without positions are the rule where only crossings are kept; they say nothing against a line.
_NO_POSITIONS = "no positions in metres"


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("speeds"), say("speeds_about"))
    selection = choose(release, say)
    line = choose_line(release, selection)
    if line is None:
        st.info(say("no_line"), icon=":material/horizontal_rule:")
        st.stop()
    if release.holds("speeds") and release.holds("speed_histogram"):
        _speeds(release, selection, line, say)
    else:
        st.info(say("no_speed"), icon=":material/speed:")
    _queues(release, selection, say)
    _discharges(release, selection, say)
    calibration_notes(queries.lines(release, selection.site_id).filter(line_id=line["line_id"]))


def _speeds(release: Release, selection: Selection, line: dict[str, Any], say: Words) -> None:
    rows, bins = queries.speeds(release, selection), queries.speed_bins(release, selection)
    here, own = rows.filter(line_id=line["line_id"]), bins.filter(line_id=line["line_id"])
    percentile = v85(own)
    _key_figures(here, percentile, say)
    st.header(say("speeds_of", line=line["name"]))
    for reason in sorted({reason for reasons in here["reasons"].drop_nulls() for reason in reasons} - {_NO_POSITIONS}):
        st.warning(say("not_measurable_here", reason=_why(reason, say)), icon=":material/block:")
    if own.is_empty():
        st.info(say("no_speed"), icon=":material/speed:")
    else:
        chart(
            figures.speed_histogram(own, percentile, say),
            own,
            say,
            key="speeds",
            alt=say("speeds_alt", line=line["name"]),
            note=say("speeds_note"),
        )
    _all_lines(release, selection, rows, bins, say)


def _mean(rows: pl.DataFrame, column: str) -> float | None:
    """A line's mean speed over its directions in km/h, None where nothing was measured.

    Means in space are harmonic: measured crossings over the sum of their slownesses.
    """
    measured = rows.drop_nulls(column).filter(pl.col("measured") > 0)
    n = int(measured["measured"].sum())
    if not n:
        return None
    if column == "space_mean_m_s":
        return _KM_H * n / float((measured["measured"] / measured[column]).sum())
    return _KM_H * float((measured["measured"] * measured[column]).sum()) / n


def _speed(km_h: float | None, say: Words) -> str:
    return f"{say.number(km_h, 1)} km/h" if km_h is not None else say("not_measured")


def _key_figures(here: pl.DataFrame, percentile: Percentile | None, say: Words) -> None:
    columns = st.columns(4)
    for column, name in zip(columns, ("space_mean", "time_mean"), strict=False):
        value = _speed(_mean(here, f"{name}_m_s"), say)
        with column:
            key_figure(say(f"speed_{name}"), value, say("not_validated"), about=say(f"speed_{name}_help"))
    with columns[2]:
        value = _speed(percentile.km_h, say) if percentile else say("not_measured")
        key_figure(say("v85"), value, *_interval(percentile, say), about=say("v85_help", least=LEAST_VEHICLES))
    crossings, measured = int(here["crossings"].sum()), int(here["measured"].sum())
    with columns[3]:
        told = say("of_counted", crossings=say.number(crossings))
        key_figure(
            say("with_a_speed"), say.number(measured), told, say("not_validated"), about=say("with_a_speed_help")
        )


def _interval(percentile: Percentile | None, say: Words) -> tuple[str, ...]:
    """The interval of a V85 and what is behind it, or why there is none."""
    if percentile is None:
        return (say("too_few_free"),)
    return f"95 %: {_bounds(percentile, say)}", say("of_free", n=say.number(percentile.n))


def _bounds(percentile: Percentile, say: Words) -> str:
    high = say.number(percentile.hi95_km_h, 1) if percentile.hi95_km_h is not None else say("open_end")
    return say("from_to", low=say.number(percentile.lo95_km_h, 1), high=high)


# What the pipeline says of speeds it does not show, and the text that says it in the reader's language.
_REASONS = {
    "the line is drawn in pixels": "pixels",
    _NO_POSITIONS: "no_positions",
    "the line lies outside the control points": "outside",
    "the camera is calibrated by a recorded exception": "exception",
    r"speeds here are known to ([\d.]+) m/s only": "vague",
}


def _why(reason: str, say: Words) -> str:
    """A reason in the reader's language; one that is not known here as it stands."""
    for pattern, name in _REASONS.items():
        if found := re.fullmatch(pattern, reason):
            return say(f"reason_{name}", value=", ".join(say.number(float(value), 1) for value in found.groups()))
    return reason


def _all_lines(release: Release, selection: Selection, rows: pl.DataFrame, bins: pl.DataFrame, say: Words) -> None:
    st.header(say("speeds_by_line"))
    shown = []
    for line in queries.lines(release, selection.site_id).iter_rows(named=True):
        for direction in selection.directions:
            own = {"line_id": line["line_id"], "direction": direction}
            here, percentile = rows.filter(**own), v85(bins.filter(**own))
            reasons = [
                _why(reason, say) for one in here["reasons"].drop_nulls() for reason in one if reason != _NO_POSITIONS
            ]
            shown.append(
                {
                    say("line"): line["name"],
                    say("direction"): line[direction],
                    say("measured"): int(here["measured"].sum()),
                    say("space_mean_km_h"): _mean(here, "space_mean_m_s"),
                    say("time_mean_km_h"): _mean(here, "time_mean_m_s"),
                    say("v85_km_h"): percentile.km_h if percentile else None,
                    say("v85_interval_km_h"): _bounds(percentile, say) if percentile else "",
                    say("mean_headway_s"): _of(here, "mean_headway_s"),
                    say("mean_gap_s"): _of(here, "mean_gap_s"),
                    say("close_percent"): _of(here, "close_share", 100),
                    say("not_measured_because"): "; ".join(reasons),
                }
            )
    numbers = ("space_mean_km_h", "time_mean_km_h", "v85_km_h", "mean_headway_s", "mean_gap_s", "close_percent")
    optional = {say(name): pl.Float64 for name in numbers}
    table(
        pl.DataFrame(shown, schema_overrides=optional).with_columns(pl.col(pl.Float64).round(1)),
        say,
        alt=say("speeds_by_line_alt"),
    )
    st.caption(say("speeds_by_line_note"))


def _of(here: pl.DataFrame, column: str, scale: float = 1.0) -> float | None:
    """The value of a line's one direction, None where it has none."""
    value = here[column].item() if here.height else None
    return None if value is None else scale * float(value)


def _queues(release: Release, selection: Selection, say: Words) -> None:
    st.header(say("queues"))
    zones = queries.zones(release, selection.site_id) if release.holds("zones") else pl.DataFrame()
    zones = zones.filter(purpose="queue") if zones.height else zones
    if zones.is_empty():
        st.info(say("no_queue_zone"), icon=":material/traffic:")
        return
    rows = queries.queues(release, selection) if release.holds("queues") else pl.DataFrame()
    hours = queries.observed_hours(release, selection)
    for zone in zones.iter_rows(named=True):
        own = rows.filter(zone_id=zone["zone_id"]) if rows.height else rows
        _queue(zone, own, hours.filter(camera_id=zone["camera_id"]), say)


def _queue(zone: dict[str, Any], rows: pl.DataFrame, hours: pl.DataFrame, say: Words) -> None:
    observed_h = float(hours["observed_h"].sum())
    if rows.is_empty() or not observed_h:
        st.info(say("no_queue", zone=zone["name"], hours=say.number(observed_h, 1)), icon=":material/traffic:")
        return
    measured = rows.filter(pl.col("reason").is_null())
    for reason in rows["reason"].drop_nulls().unique().sort():
        st.warning(say("not_measurable_here", reason=_why(reason, say)), icon=":material/block:")
    if measured.is_empty():
        return
    longest = measured.sort("max_length_m", descending=True).row(0, named=True)
    figures_, picture = st.columns([1, 3])
    with figures_:
        key_figure(
            say("longest_queue"),
            f"{say.number(longest['max_length_m'])} m",
            f"{say.number(longest['max_vehicles'])} {say('unit_vehicles')} · {say.moment(longest['start_local'])}",
            say("not_validated"),
            about=say("longest_queue_help"),
        )
        share = float(measured["queued_s"].sum()) / (observed_h * 3600)
        told = f"{say('observed_time')}: {say.duration(observed_h * 3600)} · {say('not_validated')}"
        key_figure(say("queued_share"), say.percent(share, 1), told, about=say("queued_share_help"))
    by_hour = _by_hour(measured, hours)
    with picture:
        chart(
            figures.queues_by_hour(by_hour, say),
            by_hour,
            say,
            key=f"queues_{zone['zone_id']}",
            alt=say("queues_alt", zone=zone["name"]),
            note=say("queues_note", zone=zone["name"]),
        )


def _by_hour(queues: pl.DataFrame, hours: pl.DataFrame) -> pl.DataFrame:
    """hour, max_vehicles, p95_vehicles, max_length_m, queued_s, queued_share, observed_h."""
    sizes = queues.group_by(pl.col("start_local").dt.hour().cast(pl.Int64).alias("hour")).agg(
        pl.col("max_vehicles", "p95_vehicles", "max_length_m").max(), pl.col("queued_s").sum()
    )
    seen = hours.select("hour", "observed_h").join(sizes, on="hour", how="left").sort("hour")
    filled = seen.with_columns(pl.col("max_vehicles", "p95_vehicles", "max_length_m", "queued_s").fill_null(0))
    return filled.with_columns(queued_share=pl.col("queued_s") / (pl.col("observed_h") * 3600))


def _discharges(release: Release, selection: Selection, say: Words) -> None:
    st.header(say("discharge"))
    rows = queries.discharges(release, selection) if release.holds("discharges") else pl.DataFrame()
    if rows.is_empty():
        st.info(say("no_discharge"), icon=":material/traffic:")
        return
    lines = queries.lines(release, selection.site_id)
    named = rows.join(lines.select("line_id", "name", "forward", "backward"), on="line_id")
    way = pl.when(pl.col("direction") == "forward").then("forward").otherwise("backward")
    shown = named.select(
        pl.col("name").alias(say("line")),
        way.alias(say("direction")),
        pl.col("queues").alias(say("queues")),
        pl.col("vehicles").alias(say("unit_vehicles")),
        pl.col("saturation_headway_s").round(2).alias(say("saturation_headway")),
        pl.col("saturation_flow_per_h").round(0).alias(say("saturation_flow")),
        pl.col("start_up_loss_s").round(1).alias(say("start_up_loss")),
    )
    table(shown, say, alt=say("discharge_alt"))
    st.caption(say("discharge_note"))
