"""The planner tier: aggregates read from the warehouse, column by named column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import dataframely as dy
import polars as pl

from detectors.road_users import ROAD_USERS
from geo.crossings import DIRECTIONS
from pipelines.privacy.calibration import CALIBRATION_DIMENSIONS, CALIBRATIONS_PER_DAY
from pipelines.warehouse.connection import Session

PLANNER = "planner"


def _described(text: str) -> dict[str, Any]:
    return {"description": text}


_ROAD_USERS = [r.value for r in ROAD_USERS]


class FlowCounts(dy.Schema):
    """Crossings per counting line, direction, class and quarter-hour."""

    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    line_id = dy.String(primary_key=True, metadata=_described("The counting line; see counting_lines."))
    direction = dy.String(
        primary_key=True,
        check=lambda c: c.is_in(list(DIRECTIONS)),
        metadata=_described("forward (from the line's left to its right, looking from start to end) or backward."),
    )
    road_user = dy.String(
        primary_key=True,
        check=lambda c: c.is_in(_ROAD_USERS),
        metadata=_described("Class of road user, by vote over its track."),
    )
    interval_start_utc = dy.Datetime(
        time_unit="us", time_zone="UTC", primary_key=True, metadata=_described("Start of the quarter-hour, UTC.")
    )
    interval_start_local = dy.Datetime(time_unit="us", metadata=_described("The same in the site's local time."))
    count = dy.Int64(
        nullable=True,
        min=0,
        metadata=_described(
            "Crossings counted in the observed part, not scaled up. Empty: not observed. 0: observed, nobody."
        ),
    )
    lo95 = dy.Float64(nullable=True, metadata=_described("Lower end of the 95 % interval; empty, see interval_status."))
    hi95 = dy.Float64(nullable=True, metadata=_described("Upper end of the 95 % interval; empty, see interval_status."))
    interval_status = dy.String(
        metadata=_described("Why lo95 and hi95 are empty: 'not validated' until hand counts exist.")
    )
    coverage = dy.Float64(
        min=0, max=1.000001, metadata=_described("Share of the quarter-hour that was observed, 0 to 1.")
    )
    revision = dy.Int32(
        nullable=True, min=1, metadata=_described("How often the count's recordings have been loaded with changes.")
    )
    calibration_note = dy.String(
        nullable=True, metadata=_described("What must be known about metres behind this number.")
    )
    is_simulated = dy.Bool(metadata=_described("Whether the footage was rendered and not filmed."))

    @dy.rule()
    def unobserved_is_empty(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("coverage") > 0) == pl.col("count").is_not_null()


class Coverage(dy.Schema):
    """Observed share of each quarter-hour per camera and class."""

    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    camera_id = dy.String(primary_key=True, metadata=_described("The camera."))
    road_user = dy.String(primary_key=True, metadata=_described("A class the detector in use could tell."))
    interval_start_utc = dy.Datetime(
        time_unit="us", time_zone="UTC", primary_key=True, metadata=_described("Start of the quarter-hour, UTC.")
    )
    interval_start_local = dy.Datetime(time_unit="us", metadata=_described("The same in the site's local time."))
    coverage = dy.Float64(
        min=0, max=1.000001, metadata=_described("Share of the quarter-hour that was observed, 0 to 1.")
    )
    is_simulated = dy.Bool(metadata=_described("Whether the footage was rendered and not filmed."))


class CellOccupancy(dy.Schema):
    """Time spent and way gone per 1 m cell, class and quarter-hour (Edie sums)."""

    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    camera_id = dy.String(primary_key=True, metadata=_described("The camera."))
    cell_x = dy.Int32(
        primary_key=True, metadata=_described("West edge of the cell, in metres east of the site's origin.")
    )
    cell_y = dy.Int32(
        primary_key=True, metadata=_described("South edge of the cell, in metres north of the site's origin.")
    )
    road_user = dy.String(primary_key=True, metadata=_described("Class of road user, by vote over its track."))
    interval_start_utc = dy.Datetime(
        time_unit="us", time_zone="UTC", primary_key=True, metadata=_described("Start of the quarter-hour, UTC.")
    )
    interval_start_local = dy.Datetime(time_unit="us", metadata=_described("The same in the site's local time."))
    presence_s = dy.Float64(min=0, metadata=_described("Seconds spent in the cell, summed over road users."))
    dx_m = dy.Float64(metadata=_described("Metres gone to the east, summed over road users."))
    dy_m = dy.Float64(metadata=_described("Metres gone to the north, summed over road users."))
    coverage = dy.Float64(
        min=0, max=1.000001, metadata=_described("Share of the quarter-hour that was observed, 0 to 1.")
    )
    calibration_note = dy.String(
        nullable=True, metadata=_described("What must be known about metres behind this number.")
    )
    is_simulated = dy.Bool(metadata=_described("Whether the footage was rendered and not filmed."))


class Quality(dy.Schema):
    """Recorded and observed time per camera and local day, and what the numbers rest on."""

    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    camera_id = dy.String(primary_key=True, metadata=_described("The camera."))
    day = dy.Date(primary_key=True, metadata=_described("Local day on which the recordings start."))
    recordings = dy.Int64(min=1, metadata=_described("Number of recordings."))
    recorded_s = dy.Float64(min=0, metadata=_described("Seconds recorded."))
    observed_s = dy.Float64(min=0, metadata=_described("Seconds that could be decoded and were looked at."))
    coverage = dy.Float64(min=0, metadata=_described("observed_s over the length of the local day."))
    detector = dy.String(metadata=_described("Detector, picture size, precision and device."))
    site_version = dy.String(metadata=_described("Version of the site's files."))
    leave_one_out_rmse_m = dy.Float64(
        nullable=True, metadata=_described("Calibration error in metres; empty: not calibrated.")
    )
    calibration_note = dy.String(
        nullable=True, metadata=_described("What must be known about metres from this camera.")
    )
    revision = dy.Int32(min=1, metadata=_described("How often the day's recordings have been loaded with changes."))
    is_simulated = dy.Bool(metadata=_described("Whether the footage was rendered and not filmed."))


class Sites(dy.Schema):
    """Sites and where their local metres begin."""

    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    name = dy.String(metadata=_described("What people call it."))
    time_zone = dy.String(metadata=_described("IANA time zone of its local times."))
    crs = dy.String(nullable=True, metadata=_described("CRS of its local metres; empty: not georeferenced."))
    origin_lon = dy.Float64(nullable=True, metadata=_described("Longitude of the origin, WGS84."))
    origin_lat = dy.Float64(nullable=True, metadata=_described("Latitude of the origin, WGS84."))
    is_simulated = dy.Bool(metadata=_described("Whether its footage is rendered and not filmed."))
    site_version = dy.String(metadata=_described("Version of the site's files."))


class CountingLines(dy.Schema):
    """Counting lines and what people call their directions."""

    line_id = dy.String(primary_key=True, metadata=_described("The counting line."))
    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    camera_id = dy.String(metadata=_described("The camera that counts on it."))
    name = dy.String(metadata=_described("What people call it."))
    space = dy.String(metadata=_described("image: drawn in pixels, no speeds. ground: drawn in metres."))
    forward = dy.String(metadata=_described("What people call the forward direction."))
    backward = dy.String(metadata=_described("What people call the backward direction."))
    start_x = dy.Float64(metadata=_described("Start, in pixels or local metres as `space` says."))
    start_y = dy.Float64(metadata=_described("Start, in pixels (down) or local metres (north)."))
    end_x = dy.Float64(metadata=_described("End, in pixels or local metres."))
    end_y = dy.Float64(metadata=_described("End, in pixels (down) or local metres (north)."))
    start_lon = dy.Float64(nullable=True, metadata=_described("Longitude of the start, WGS84."))
    start_lat = dy.Float64(nullable=True, metadata=_described("Latitude of the start, WGS84."))
    end_lon = dy.Float64(nullable=True, metadata=_described("Longitude of the end, WGS84."))
    end_lat = dy.Float64(nullable=True, metadata=_described("Latitude of the end, WGS84."))
    calibration_note = dy.String(
        nullable=True, metadata=_described("What must be known about metres behind its numbers.")
    )


PER_DAY: dict[str, type[dy.Schema]] = {
    "flow_counts": FlowCounts,
    "coverage": Coverage,
    "occupancy": CellOccupancy,
    "quality": Quality,
    **CALIBRATIONS_PER_DAY,
}
DIMENSIONS: dict[str, type[dy.Schema]] = {
    "sites": Sites,
    "counting_lines": CountingLines,
    **CALIBRATION_DIMENSIONS,
}


@dataclass(frozen=True)
class ReleaseTable:
    """Rows that may leave: of one table, of one site and local day or of all (None)."""

    name: str
    site_id: str | None
    day: date | None
    rows: pl.DataFrame


@dataclass(frozen=True)
class Held:
    """A site's local day that is held back, and why."""

    site_id: str
    day: date
    reason: str


@dataclass(frozen=True)
class Release:
    """Everything that may leave the restricted side for one tier.

    Attributes:
        tables: the rows.
        held: what a failed check holds back.
        plans: site -> plan as GeoJSON text, which holds no data about anyone.
    """

    tier: str
    tables: tuple[ReleaseTable, ...]
    held: tuple[Held, ...]
    plans: Mapping[str, str]


def planner_release(session: Session) -> Release:
    """Reads the planner tier from the warehouse, leaving out days whose checks have not all passed."""
    tables, held = [], []
    for site_id, day, is_passed, reason in session.frame("select_days").iter_rows():
        if not is_passed:
            held.append(Held(site_id, day, reason))
            continue
        for name, schema in PER_DAY.items():
            rows = session.frame(f"select_{name}", site_id=site_id, day=day)
            tables.append(ReleaseTable(name, site_id, day, _exactly(schema, rows)))
    for name, schema in DIMENSIONS.items():
        tables.append(ReleaseTable(name, None, None, _exactly(schema, session.frame(f"select_{name}"))))
    sites = session.frame("select_sites").drop_nulls("plan_geojson")
    plans = dict(zip(sites["site_id"], sites["plan_geojson"], strict=True))
    return Release(PLANNER, tuple(tables), tuple(held), plans)


def _exactly(schema: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
    """The named columns and nothing else, in the contract's types."""
    return schema.validate(rows.select(schema.column_names()), cast=True)
