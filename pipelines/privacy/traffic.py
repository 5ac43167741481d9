"""The planner tier's tables of speeds, queues and conflicts."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from geo.conflicts import KINDS
from pipelines.privacy import columns


def _is_whole(measure: str) -> pl.Expr:
    """Numbers where measurable, else a reason in their place."""
    measurable = pl.col("is_measurable")
    return (measurable == pl.col("reason").is_null()) & (measurable == pl.col(measure).is_not_null())


class Speeds(dy.Schema):
    """Speeds per counting line, direction, class and quarter-hour in which somebody crossed."""

    site_id = columns.site()
    line_id = columns.line()
    direction = columns.direction()
    road_user = columns.road_user()
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    n = columns.whole("Crossings, with or without a speed.")
    time_mean_m_s = columns.number("Mean of the speeds at the line, in m/s.", nullable=True, min=0)
    space_mean_m_s = columns.number(
        "Harmonic mean of the speeds, in m/s: that over a length of way.", nullable=True, min=0
    )
    sigma_m_s = columns.number("Standard deviation of the error of one speed, in m/s.", nullable=True, min=0)
    free_n = columns.whole("Vehicles in free flow: more than 5 s behind the one in front.")
    v85_m_s = columns.number(
        "85th percentile of vehicles in free flow, in m/s; empty below 10 of them.", nullable=True, min=0
    )
    v85_lo95_m_s = columns.number("Lower end of its 95 % interval; empty where v85_m_s is.", nullable=True, min=0)
    v85_hi95_m_s = columns.number("Upper end of its 95 % interval; empty below 22 vehicles.", nullable=True, min=0)
    headway_n = columns.whole("Vehicles that followed another of their stream in the same recording.")
    mean_headway_s = columns.number(
        "Mean seconds from one vehicle to the next along the whole line: of a lane where the line spans one.",
        nullable=True,
        min=0,
    )
    gap_n = columns.whole("Those of them whose gap is known: the headway without the time the leader takes to pass.")
    mean_gap_s = columns.number("Mean gap in seconds; empty where speeds are not measurable.", nullable=True)
    close_n = columns.whole("Gaps below 2 s.")
    is_measurable = columns.flag("Whether the camera can tell; if not, the numbers are empty.")
    reason = columns.text("Why it is not measurable here; empty where it is.", nullable=True)
    coverage = columns.coverage()
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()

    @dy.rule()
    def is_measured_or_says_why(cls) -> pl.Expr:  # noqa: N805
        return _is_whole("time_mean_m_s") & (pl.col("is_measurable") == pl.col("space_mean_m_s").is_not_null())


class SpeedHistogram(dy.Schema):
    """Crossings per counting line, direction, class, quarter-hour and speed bin of 1 km/h, where measurable."""

    site_id = columns.site()
    line_id = columns.line()
    direction = columns.direction()
    road_user = columns.road_user()
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    from_km_h = columns.small("Lower edge of the bin in km/h; it is 1 km/h wide.", min=0, primary_key=True)
    n = columns.whole("Crossings at such a speed.")
    free_n = columns.whole("Those of them that were in free flow.")
    coverage = columns.coverage()
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    is_simulated = columns.is_simulated()


class Queues(dy.Schema):
    """Queue length per queue zone and quarter-hour in which somebody queued."""

    site_id = columns.site()
    camera_id = columns.camera()
    zone_id = columns.text("The queue zone.", primary_key=True)
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    max_vehicles = columns.whole("Most vehicles in the queue.", nullable=True)
    p95_vehicles = columns.whole("Vehicles exceeded in 5 % of the observed time at most.", nullable=True)
    max_length_m = columns.number(
        "Longest queue in metres, front of the first to rear of the last.", nullable=True, min=0
    )
    p95_length_m = columns.number(
        "Length in metres exceeded in 5 % of the observed time at most.", nullable=True, min=0
    )
    queued_s = columns.number("Seconds with a queue.", nullable=True, min=0)
    is_measurable = columns.flag("Whether the camera can tell; if not, the numbers are empty.")
    reason = columns.text("Why it is not measurable here; empty where it is.", nullable=True)
    coverage = columns.coverage()
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()

    @dy.rule()
    def is_measured_or_says_why(cls) -> pl.Expr:  # noqa: N805
        return _is_whole("max_vehicles")


class Discharges(dy.Schema):
    """How queues of five vehicles and more flowed off, per stop line, direction and quarter-hour."""

    site_id = columns.site()
    line_id = columns.line()
    direction = columns.direction()
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    queues = columns.whole("Queues that began to flow off.")
    vehicles = columns.whole("Vehicles in them.")
    saturation_headway_s = columns.number("Seconds per vehicle from the fourth on.", min=0)
    saturation_flow_per_h = columns.number("Vehicles per hour at that headway: 3600 over it.", min=0)
    start_up_loss_s = columns.number(
        "Seconds the first four take longer, from moving off; the reaction to green is not seen."
    )
    coverage = columns.coverage()
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()


_EXPECTED = "Expected number of {} below 1.5 s, given the error of positions."


class Conflicts(dy.Schema):
    """Conflicts per camera, zone, type, pair of classes and quarter-hour. They rank places; they are no crashes."""

    site_id = columns.site()
    camera_id = columns.text("The camera.", primary_key=True)
    zone_id = columns.text("The smallest zone it lies in; - where in none.", primary_key=True)
    kind = columns.text(
        "rear_end below 30 degrees between headings, crossing above 80, else lane_change.",
        list(KINDS),
        primary_key=True,
    )
    road_user = columns.road_user("The one class of the pair.")
    other_road_user = columns.road_user("The other class of the pair.")
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    conflicts = columns.whole("Pairs with a TTC of at most 3 s or a PET of at most 5 s.", nullable=True)
    not_measured = columns.whole("Those that overlap or are placed to no better than 0.5 m.", nullable=True)
    ttc_below_1_0_s = columns.whole("Measured pairs with a time to collision below 1 s.", nullable=True)
    ttc_below_1_5_s = columns.whole(
        "Measured pairs with a time to collision below 1.5 s, if nobody turned; weak for pedestrians.", nullable=True
    )
    ttc_below_3_0_s = columns.whole("Measured pairs with a time to collision below 3 s.", nullable=True)
    pet_below_1_0_s = columns.whole("Measured pairs with a post-encroachment time below 1 s.", nullable=True)
    pet_below_1_5_s = columns.whole("Measured pairs with a post-encroachment time below 1.5 s.", nullable=True)
    pet_below_5_0_s = columns.whole("Measured pairs with a post-encroachment time below 5 s.", nullable=True)
    drac_above_3_4_m_s2 = columns.whole("Measured pairs that needed to brake harder than 3.4 m/s2.", nullable=True)
    expected_ttc_below_1_5_s = columns.number(_EXPECTED.format("times to collision"), nullable=True, min=0)
    expected_pet_below_1_5_s = columns.number(_EXPECTED.format("post-encroachment times"), nullable=True, min=0)
    is_measurable = columns.flag("Whether the camera can tell; if not, the numbers are empty.")
    reason = columns.text("Why it is not measurable here; empty where it is.", nullable=True)
    coverage = columns.coverage()
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()

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
