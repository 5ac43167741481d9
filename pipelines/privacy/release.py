"""The planner tier: aggregates read from the warehouse, column by named column."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import dataframely as dy
import polars as pl

from detectors.road_users import ROAD_USERS
from geo.crossings import DIRECTIONS
from pipelines.privacy import calibration, space, traffic
from pipelines.privacy.roll_ups import FlowDaily, FlowHourly, daily, hourly
from pipelines.privacy.roll_ups import described as _described
from pipelines.warehouse.connection import Session
from pipelines.warehouse.statements import statement

PLANNER = "planner"


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


class JunctionMovements(dy.Schema):
    """Tracks per junction, entry, exit, class and quarter-hour; movements nobody made have no row."""

    site_id = dy.String(metadata=_described("The site."))
    junction_id = dy.String(metadata=_described("The junction; see junctions."))
    entry_line_id = dy.String(
        nullable=True,
        metadata=_described("The gate entered by. Empty: not seen, the track began inside or crossed none."),
    )
    exit_line_id = dy.String(
        nullable=True, metadata=_described("The gate left by. Empty: not seen, the track ended inside or crossed none.")
    )
    road_user = dy.String(
        check=lambda c: c.is_in(_ROAD_USERS), metadata=_described("Class of road user, by vote over its track.")
    )
    interval_start_utc = dy.Datetime(
        time_unit="us", time_zone="UTC", metadata=_described("Start of the quarter-hour of the entry, UTC.")
    )
    interval_start_local = dy.Datetime(time_unit="us", metadata=_described("The same in the site's local time."))
    count = dy.Int64(min=1, metadata=_described("Tracks counted in the observed part, not scaled up."))
    is_u_turn = dy.Bool(metadata=_described("Whether the gate left by is the gate entered by."))
    coverage = dy.Float64(
        min=0, max=1.000001, metadata=_described("Share of the quarter-hour that was observed, 0 to 1.")
    )
    calibration_note = dy.String(
        nullable=True, metadata=_described("What must be known about metres behind this number.")
    )
    is_simulated = dy.Bool(metadata=_described("Whether the footage was rendered and not filmed."))

    @dy.rule()
    def each_movement_once(cls) -> pl.Expr:  # noqa: N805
        key = ("site_id", "junction_id", "entry_line_id", "exit_line_id", "road_user", "interval_start_utc")
        return pl.struct(key).is_unique()


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
    position_coverage = dy.Float64(
        min=0,
        max=1.000001,
        metadata=_described("Share in which road users were also placed on the ground, which occupancy rests on."),
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
    way_m = dy.Float64(min=0, metadata=_described("Metres gone whichever way they lead, summed over road users."))
    coverage = dy.Float64(
        min=0, max=1.000001, metadata=_described("Share of the quarter-hour in which positions were observed, 0 to 1.")
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
    overlapping_views = dy.String(
        nullable=True,
        metadata=_described("Cameras that see some of the same ground: never add up what they count. Empty: none."),
    )


class CountingLines(dy.Schema):
    """Counting lines and what people call their directions."""

    line_id = dy.String(primary_key=True, metadata=_described("The counting line."))
    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    camera_id = dy.String(metadata=_described("The camera that counts on it."))
    name = dy.String(metadata=_described("What people call it."))
    space = dy.String(metadata=_described("image: drawn in pixels, no speeds. ground: drawn in metres."))
    forward = dy.String(metadata=_described("What people call the forward direction."))
    backward = dy.String(metadata=_described("What people call the backward direction."))
    path_wkt = dy.String(
        metadata=_described("Its corners from start to end as a WKT LINESTRING, in pixels (y down) or local metres.")
    )
    path_lonlat_wkt = dy.String(
        nullable=True, metadata=_described("The same in WGS84, longitude first; empty for lines in pixels.")
    )
    calibration_note = dy.String(
        nullable=True, metadata=_described("What must be known about metres behind its numbers.")
    )
    is_simulated = dy.Bool(metadata=_described("Whether its footage is rendered and not filmed."))


class Junctions(dy.Schema):
    """Junctions and their gates."""

    junction_id = dy.String(primary_key=True, metadata=_described("The junction."))
    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    camera_id = dy.String(metadata=_described("The camera that sees it."))
    name = dy.String(metadata=_described("What people call it."))
    gates = dy.String(metadata=_described("Its gates, by line_id, separated by commas; see counting_lines."))
    calibration_note = dy.String(
        nullable=True, metadata=_described("What must be known about metres behind its numbers.")
    )
    is_simulated = dy.Bool(metadata=_described("Whether its footage is rendered and not filmed."))


class Annotations(dy.Schema):
    """What to know about a site beside its numbers: events, holidays, outages."""

    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    kind = dy.String(primary_key=True, metadata=_described("closure, intervention, outage, market day or a holiday."))
    start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True, metadata=_described("Start, UTC."))
    start_local = dy.Datetime(time_unit="us", metadata=_described("The same in the site's local time."))
    end_utc = dy.Datetime(
        time_unit="us", time_zone="UTC", nullable=True, metadata=_described("First moment after it, UTC. Empty: stays.")
    )
    end_local = dy.Datetime(time_unit="us", nullable=True, metadata=_described("The same in the site's local time."))
    text = dy.String(primary_key=True, metadata=_described("What it is."))
    is_simulated = dy.Bool(metadata=_described("Whether it never happened and belongs to a simulation."))


class Weather(dy.Schema):
    """Weather of a site by the hour, where it is known."""

    site_id = dy.String(primary_key=True, metadata=_described("The site."))
    hour_start_utc = dy.Datetime(
        time_unit="us", time_zone="UTC", primary_key=True, metadata=_described("Start of the hour, UTC.")
    )
    hour_start_local = dy.Datetime(time_unit="us", metadata=_described("The same in the site's local time."))
    temperature_c = dy.Float64(metadata=_described("Air temperature in degrees Celsius."))
    precipitation_mm = dy.Float64(min=0, metadata=_described("Precipitation in the hour in millimetres."))
    is_simulated = dy.Bool(metadata=_described("Whether it is invented and was not measured."))


PER_DAY: dict[str, type[dy.Schema]] = {
    "flow_counts": FlowCounts,
    "movements": JunctionMovements,
    "coverage": Coverage,
    "occupancy": CellOccupancy,
    "quality": Quality,
    **traffic.PER_DAY,
    **space.PER_DAY,
    **calibration.PER_DAY,
}
# A day of these is a file of its own, shared by every release in which it is the same; of others a month.
_CUT_BY_DAY = ("flow_counts", "occupancy")
PER_MONTH: dict[str, type[dy.Schema]] = {"flow_hourly": FlowHourly, "flow_daily": FlowDaily}
DIMENSIONS: dict[str, type[dy.Schema]] = {
    "sites": Sites,
    "counting_lines": CountingLines,
    "junctions": Junctions,
    **space.DIMENSIONS,
    **calibration.DIMENSIONS,
    "annotations": Annotations,
    "weather": Weather,
}
TABLES = {**PER_DAY, **PER_MONTH, **DIMENSIONS}


@dataclass(frozen=True)
class Month:
    """A site's released days of one month; the state changes when anything their rows are made from does."""

    site_id: str
    month: str
    days: tuple[date, ...]
    state: str


@dataclass(frozen=True)
class ReleaseTable:
    """Rows that may leave: of one table, of a month or one day of it, or of all sites (no month, no day)."""

    name: str
    rows: pl.DataFrame
    month: Month | None = None
    day: date | None = None


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
        months: every released month.
        unchanged: those of them whose rows are what they were in the release before.
        tables: the rows of the other months, then those without a month; read once, as they are needed.
        held: what a failed check holds back.
        plans: site -> plan as GeoJSON text, which holds no data about anyone.
    """

    tier: str
    months: tuple[Month, ...]
    unchanged: frozenset[Month]
    tables: Iterator[ReleaseTable]
    held: tuple[Held, ...]
    plans: Mapping[str, str]


def planner_release(session: Session, published: Collection[Month] = ()) -> Release:
    """Reads the planner tier from the warehouse, leaving out days whose checks have not all passed.

    Args:
        session: open until the release has been written.
        published: months of the release before; those that are still the same are not read again.
    """
    days = session.frame("select_days")
    held = [Held(*row) for row in days.filter(~pl.col("is_passed")).select("site_id", "day", "reason").iter_rows()]
    months = tuple(_months(days.filter("is_passed")))
    unchanged = frozenset(months) & frozenset(published)
    sites = session.frame("select_sites").drop_nulls("plan_geojson")
    plans = dict(zip(sites["site_id"], sites["plan_geojson"], strict=True))
    changed = [month for month in months if month not in unchanged]
    return Release(PLANNER, months, unchanged, _tables(session, changed), tuple(held), plans)


def _months(days: pl.DataFrame) -> Iterator[Month]:
    by_month = days.with_columns(month=pl.col("day").dt.strftime("%Y-%m"))
    for (site_id, month), rows in by_month.group_by("site_id", "month", maintain_order=True):
        state = hashlib.sha256("".join([_code(), *rows["state"]]).encode()).hexdigest()
        yield Month(str(site_id), str(month), tuple(rows["day"]), state)


@cache
def _code() -> str:
    """Digest of what turns contributions into released rows: this file and its queries."""
    texts = [Path(__file__).read_text(encoding="utf-8"), *(statement(f"select_{name}") for name in PER_DAY)]
    return hashlib.sha256("\x00".join(texts).encode()).hexdigest()


def _tables(session: Session, months: list[Month]) -> Iterator[ReleaseTable]:
    for month in months:
        rows = {
            name: _exactly(schema, session.frame(f"select_{name}", site_id=month.site_id, days=list(month.days)))
            for name, schema in PER_DAY.items()
        }
        for name, table in rows.items():
            yield from _cut(name, table, month)
        yield ReleaseTable("flow_hourly", _exactly(FlowHourly, hourly(rows["flow_counts"])), month)
        yield ReleaseTable("flow_daily", _exactly(FlowDaily, daily(rows["flow_counts"])), month)
    for name, schema in DIMENSIONS.items():
        yield ReleaseTable(name, _exactly(schema, session.frame(f"select_{name}")))


def _cut(name: str, rows: pl.DataFrame, month: Month) -> Iterator[ReleaseTable]:
    if name not in _CUT_BY_DAY:
        yield ReleaseTable(name, rows, month)
        return
    local_day = rows["interval_start_local"].dt.date()
    for day in month.days:
        yield ReleaseTable(name, rows.filter(local_day == day), month, day)


def _exactly(schema: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
    """The named columns and nothing else, in the contract's types."""
    return schema.validate(rows.select(schema.column_names()), cast=True)
