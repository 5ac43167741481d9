"""ZONE_OCCUPANCY, ZONE_BALANCE and DWELL of a recording, and what they contribute to the warehouse."""

from __future__ import annotations

import json

import dataframely as dy
import polars as pl
import shapely

from geo.crowd_safety import CROWD_SAFETY
from geo.dwell import Dwell, ZoneBalance, dwell, zone_balance
from geo.level_of_service import DETECTOR_LIMIT_PER_M2, STANDARDS
from geo.local_frame import LocalFrame
from geo.site import Site, Zone
from geo.trajectories import Trajectories
from geo.visits import Intervals, visits
from geo.zone_occupancy import ZoneOccupancy, occupy_zones
from pipelines.lake import Lake, RecordingKey
from pipelines.warehouse.connection import Session

TABLES: dict[str, type[dy.Schema]] = {"zone_occupancy": ZoneOccupancy, "zone_balance": ZoneBalance, "dwell": Dwell}


def measure_space(
    trajectories: dy.DataFrame[Trajectories], zones: list[Zone], observed: Intervals
) -> dict[str, pl.DataFrame]:
    """The rows of every table of ``TABLES`` for one recording; stays of single tracks are not kept."""
    outlines = {zone.zone_id: zone.outline_m for zone in zones}
    stays = visits(trajectories, outlines, observed)
    return {
        "zone_occupancy": occupy_zones(trajectories, outlines),
        "zone_balance": zone_balance(stays),
        "dwell": dwell(stays),
    }


def insert_space(session: Session, key: RecordingKey, lake: Lake) -> None:
    """Adds what a recording contributes."""
    for table, schema in TABLES.items():
        rows = lake.open(schema, table, key).with_columns(pl.col(pl.Enum).cast(pl.String))
        session.insert(f"insert_{table}_contributions", rows)


def replace_zones(session: Session, site: Site) -> None:
    """Replaces the zones of a site, and the bounds by which they are graded."""
    session.run("delete_service_levels")
    session.insert("insert_service_levels", service_levels())
    session.run("delete_zones", site_id=site.site_id)
    if site.zones and site.frame:
        rows = [_zone_row(zone, site, site.frame) for zone in site.zones]
        session.insert("insert_zones", pl.DataFrame(rows, schema_overrides={"calibration_note": pl.String}))


def service_levels() -> pl.DataFrame:
    """Letters of every standard, with the density or the flow up to which each holds."""
    rows = [
        {
            "standard": standard.name,
            "rank": rank,
            "letter": letter,
            "quantity": standard.quantity,
            "up_to_per_m2": bound if standard.quantity == "space" else None,
            "up_to_per_min_m": bound if standard.quantity == "flow" else None,
            "includes_bound": includes,
            "is_verified": standard.is_verified,
            "limit_per_m2": DETECTOR_LIMIT_PER_M2,
        }
        for standard in (*STANDARDS, CROWD_SAFETY)
        for rank, (letter, bound, includes) in enumerate(
            zip(standard.letters, [*standard.crowding_bounds(), None], [*standard.is_better, True], strict=True),
            start=1,
        )
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _zone_row(zone: Zone, site: Site, frame: LocalFrame) -> dict[str, object]:
    return {
        "zone_id": zone.zone_id,
        "site_id": site.site_id,
        "camera_id": zone.camera_id,
        "name": zone.name,
        "purpose": zone.purpose,
        "area_m2": float(shapely.Polygon(zone.outline_m).area),
        "outline_m": json.dumps(zone.outline_m.round(3).tolist()),
        "outline_lonlat": json.dumps(frame.to_lonlat(zone.outline_m).round(8).tolist()),
        "calibration_note": site.calibration_note(zone.camera_id),
    }
