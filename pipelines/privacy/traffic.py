"""The planner tier's tables of speeds, queues and conflicts."""

from __future__ import annotations

from typing import Any

import dataframely as dy
import polars as pl

from detectors.road_users import ROAD_USERS
from geo.conflicts import KINDS
from geo.crossings import DIRECTIONS

_ROAD_USERS = [r.value for r in ROAD_USERS]


def _text(description: str, values: list[str] | None = None, **more: Any) -> dy.String:  # noqa: ANN401
    check = (lambda c: c.is_in(values)) if values else None
    return dy.String(check=check, metadata={"description": description}, **more)


def _number(description: str, **more: Any) -> dy.Float64:  # noqa: ANN401
    return dy.Float64(metadata={"description": description}, **more)


def _whole(description: str, **more: Any) -> dy.Int64:  # noqa: ANN401
    return dy.Int64(min=0, metadata={"description": description}, **more)


def _site() -> dy.String:
    return _text("The site.", primary_key=True)


def _line() -> dy.String:
    return _text("The counting line; see counting_lines.", primary_key=True)


def _direction() -> dy.String:
    return _text("forward or backward, as in flow_counts.", list(DIRECTIONS), primary_key=True)


def _road_user(description: str = "Class of road user, by vote over its track.") -> dy.String:
    return _text(description, _ROAD_USERS, primary_key=True)


def _start_utc() -> dy.Datetime:
    described = {"description": "Start of the quarter-hour, UTC."}
    return dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True, metadata=described)


def _start_local() -> dy.Datetime:
    return dy.Datetime(time_unit="us", metadata={"description": "The same in the site's local time."})


def _coverage() -> dy.Float64:
    return _number("Share of the quarter-hour that was observed, 0 to 1.", min=0, max=1.000001)


def _measurable() -> dy.Bool:
    return dy.Bool(metadata={"description": "Whether the camera can tell; if not, the numbers are empty."})


def _reason() -> dy.String:
    return _text("Why it is not measurable here; empty where it is.", nullable=True)


def _note() -> dy.String:
    return _text("What must be known about metres behind this number.", nullable=True)


def _simulated() -> dy.Bool:
    return dy.Bool(metadata={"description": "Whether the footage was rendered and not filmed."})


def _is_whole(measure: str) -> pl.Expr:
    """Numbers where measurable, else a reason in their place."""
    measurable = pl.col("is_measurable")
    return (measurable == pl.col("reason").is_null()) & (measurable == pl.col(measure).is_not_null())


class Speeds(dy.Schema):
    """Speeds per counting line, direction, class and quarter-hour in which somebody crossed."""

    site_id = _site()
    line_id = _line()
    direction = _direction()
    road_user = _road_user()
    interval_start_utc = _start_utc()
    interval_start_local = _start_local()
    n = _whole("Crossings, with or without a speed.")
    time_mean_m_s = _number("Mean of the speeds at the line, in m/s.", nullable=True, min=0)
    space_mean_m_s = _number("Harmonic mean of the speeds, in m/s: that over a length of way.", nullable=True, min=0)
    sigma_m_s = _number("Standard deviation of the error of one speed, in m/s.", nullable=True, min=0)
    free_n = _whole("Vehicles in free flow: more than 5 s behind the one in front.")
    v85_m_s = _number("85th percentile of vehicles in free flow, in m/s; empty below 10 of them.", nullable=True, min=0)
    v85_lo95_m_s = _number("Lower end of its 95 % interval; empty where v85_m_s is.", nullable=True, min=0)
    v85_hi95_m_s = _number("Upper end of its 95 % interval; empty below 22 vehicles.", nullable=True, min=0)
    is_measurable = _measurable()
    reason = _reason()
    coverage = _coverage()
    calibration_note = _note()
    is_simulated = _simulated()

    @dy.rule()
    def is_measured_or_says_why(cls) -> pl.Expr:  # noqa: N805
        return _is_whole("time_mean_m_s") & (pl.col("is_measurable") == pl.col("space_mean_m_s").is_not_null())


class SpeedHistogram(dy.Schema):
    """Crossings per counting line, direction, class, quarter-hour and speed bin of 1 km/h, where measurable."""

    site_id = _site()
    line_id = _line()
    direction = _direction()
    road_user = _road_user()
    interval_start_utc = _start_utc()
    interval_start_local = _start_local()
    from_km_h = dy.Int32(
        min=0, primary_key=True, metadata={"description": "Lower edge of the bin in km/h; it is 1 km/h wide."}
    )
    n = _whole("Crossings at such a speed.")
    free_n = _whole("Those of them that were in free flow.")
    coverage = _coverage()
    is_simulated = _simulated()


class Queues(dy.Schema):
    """Queue length per queue zone and quarter-hour in which somebody queued."""

    site_id = _site()
    camera_id = _text("The camera.")
    zone_id = _text("The queue zone.", primary_key=True)
    interval_start_utc = _start_utc()
    interval_start_local = _start_local()
    max_vehicles = _whole("Most vehicles in the queue.", nullable=True)
    p95_vehicles = _whole("Vehicles exceeded in 5 % of the observed time at most.", nullable=True)
    max_length_m = _number("Longest queue in metres, front of the first to rear of the last.", nullable=True, min=0)
    p95_length_m = _number("Length in metres exceeded in 5 % of the observed time at most.", nullable=True, min=0)
    queued_s = _number("Seconds with a queue.", nullable=True, min=0)
    is_measurable = _measurable()
    reason = _reason()
    coverage = _coverage()
    calibration_note = _note()
    is_simulated = _simulated()

    @dy.rule()
    def is_measured_or_says_why(cls) -> pl.Expr:  # noqa: N805
        return _is_whole("max_vehicles")


class Discharges(dy.Schema):
    """How queues of five vehicles and more flowed off, per stop line, direction and quarter-hour."""

    site_id = _site()
    line_id = _line()
    direction = _direction()
    interval_start_utc = _start_utc()
    interval_start_local = _start_local()
    queues = _whole("Queues that began to flow off.")
    vehicles = _whole("Vehicles in them.")
    saturation_headway_s = _number("Seconds per vehicle from the fourth on.", min=0)
    saturation_flow_per_h = _number("Vehicles per hour at that headway: 3600 over it.", min=0)
    start_up_loss_s = _number("Seconds the first four take longer, from moving off; the reaction to green is not seen.")
    coverage = _coverage()
    calibration_note = _note()
    is_simulated = _simulated()


_EXPECTED = "Expected number of {} below 1.5 s, given the error of positions."


class Conflicts(dy.Schema):
    """Conflicts per camera, zone, type, pair of classes and quarter-hour. They rank places; they are no crashes."""

    site_id = _site()
    camera_id = _text("The camera.", primary_key=True)
    zone_id = _text("The smallest zone it lies in; - where in none.", primary_key=True)
    kind = _text(
        "rear_end below 30 degrees between headings, crossing above 80, else lane_change.",
        list(KINDS),
        primary_key=True,
    )
    road_user = _road_user("The one class of the pair.")
    other_road_user = _road_user("The other class of the pair.")
    interval_start_utc = _start_utc()
    interval_start_local = _start_local()
    conflicts = _whole("Pairs with a TTC of at most 3 s or a PET of at most 5 s.", nullable=True)
    not_measured = _whole("Those that overlap or are placed to no better than 0.5 m.", nullable=True)
    ttc_below_1_0_s = _whole("Measured pairs with a time to collision below 1 s.", nullable=True)
    ttc_below_1_5_s = _whole(
        "Measured pairs with a time to collision below 1.5 s, if nobody turned; weak for pedestrians.", nullable=True
    )
    ttc_below_3_0_s = _whole("Measured pairs with a time to collision below 3 s.", nullable=True)
    pet_below_1_0_s = _whole("Measured pairs with a post-encroachment time below 1 s.", nullable=True)
    pet_below_1_5_s = _whole("Measured pairs with a post-encroachment time below 1.5 s.", nullable=True)
    pet_below_5_0_s = _whole("Measured pairs with a post-encroachment time below 5 s.", nullable=True)
    drac_above_3_4_m_s2 = _whole("Measured pairs that needed to brake harder than 3.4 m/s2.", nullable=True)
    expected_ttc_below_1_5_s = _number(_EXPECTED.format("times to collision"), nullable=True, min=0)
    expected_pet_below_1_5_s = _number(_EXPECTED.format("post-encroachment times"), nullable=True, min=0)
    is_measurable = _measurable()
    reason = _reason()
    coverage = _coverage()
    calibration_note = _note()
    is_simulated = _simulated()

    @dy.rule()
    def is_measured_or_says_why(cls) -> pl.Expr:  # noqa: N805
        return _is_whole("conflicts")


PER_DAY: dict[str, type[dy.Schema]] = {
    "speeds": Speeds,
    "speed_histogram": SpeedHistogram,
    "queues": Queues,
    "discharges": Discharges,
    "conflicts": Conflicts,
}
