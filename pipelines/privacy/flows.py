"""The planner tier's tables of counts: who crossed where, who turned where, and how much of it was seen."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from geo.crossings import DIRECTIONS
from pipelines.privacy import columns


class FlowCounts(dy.Schema):
    """Crossings per counting line, direction, class and quarter-hour."""

    site_id = columns.site()
    line_id = columns.line()
    direction = columns.text(
        "forward (from the line's left to its right, looking from start to end) or backward.",
        DIRECTIONS,
        primary_key=True,
    )
    road_user = columns.road_user()
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    count = columns.whole(
        "Crossings counted in the observed part, not scaled up. Empty: not observed. 0: observed, nobody.",
        nullable=True,
    )
    lo95 = columns.number("Lower end of the 95 % interval; empty, see interval_status.", nullable=True)
    hi95 = columns.number("Upper end of the 95 % interval; empty, see interval_status.", nullable=True)
    interval_status = columns.text("Why lo95 and hi95 are empty: 'not validated' until hand counts exist.")
    coverage = columns.coverage()
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()

    @dy.rule()
    def unobserved_is_empty(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("coverage") > 0) == pl.col("count").is_not_null()


class JunctionMovements(dy.Schema):
    """Tracks per junction, entry, exit, class and quarter-hour; movements nobody made have no row."""

    site_id = columns.text("The site.")
    junction_id = columns.text("The junction; see junctions.")
    entry_line_id = columns.text(
        "The gate entered by. Empty: not seen, the track began inside or crossed none.", nullable=True
    )
    exit_line_id = columns.text(
        "The gate left by. Empty: not seen, the track ended inside or crossed none.", nullable=True
    )
    road_user = columns.road_user(primary_key=False)
    interval_start_utc = columns.time_utc("Start of the quarter-hour of the entry, UTC.")
    interval_start_local = columns.time_local()
    count = columns.whole("Tracks counted in the observed part, not scaled up.", min=1)
    is_u_turn = columns.flag("Whether the gate left by is the gate entered by.")
    coverage = columns.coverage()
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()

    @dy.rule()
    def each_movement_once(cls) -> pl.Expr:  # noqa: N805
        key = ("site_id", "junction_id", "entry_line_id", "exit_line_id", "road_user", "interval_start_utc")
        return pl.struct(key).is_unique()


class Coverage(dy.Schema):
    """Observed share of each quarter-hour per camera and class."""

    site_id = columns.site()
    camera_id = columns.camera(primary_key=True)
    road_user = columns.text("A class the detector in use could tell.", primary_key=True)
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    coverage = columns.coverage()
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    position_coverage = columns.number(
        "Share in which road users were also placed on the ground, which occupancy rests on.", min=0, max=1.000001
    )
    is_simulated = columns.is_simulated()


class CellOccupancy(dy.Schema):
    """Time spent and way gone per 1 m cell, class and quarter-hour (Edie sums)."""

    site_id = columns.site()
    camera_id = columns.camera(primary_key=True)
    cell_x = columns.small("West edge of the cell, in metres east of the site's origin.", primary_key=True)
    cell_y = columns.small("South edge of the cell, in metres north of the site's origin.", primary_key=True)
    road_user = columns.road_user()
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    presence_s = columns.number("Seconds spent in the cell, summed over road users.", min=0)
    dx_m = columns.number("Metres gone to the east, summed over road users.")
    dy_m = columns.number("Metres gone to the north, summed over road users.")
    way_m = columns.number("Metres gone whichever way they lead, summed over road users.", min=0)
    coverage = columns.coverage(happened="in which positions were observed")
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()


class Quality(dy.Schema):
    """Recorded and observed time per camera and local day, and what the numbers rest on."""

    site_id = columns.site()
    camera_id = columns.camera(primary_key=True)
    day = columns.day("Local day on which the recordings start.", primary_key=True)
    recordings = columns.whole("Number of recordings.", min=1)
    recorded_s = columns.number("Seconds recorded.", min=0)
    observed_s = columns.number("Seconds that could be decoded and were looked at.", min=0)
    coverage = columns.number("observed_s over the length of the local day.", min=0)
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    leave_one_out_rmse_m = columns.number("Calibration error in metres; empty: not calibrated.", nullable=True)
    calibration_note = columns.note("What must be known about metres from this camera.")
    is_simulated = columns.is_simulated()


PER_DAY: dict[str, type[dy.Schema]] = {
    "flow_counts": FlowCounts,
    "movements": JunctionMovements,
    "coverage": Coverage,
    "occupancy": CellOccupancy,
    "quality": Quality,
}
