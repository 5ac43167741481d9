"""What must hold before a site's day may be released; a failed check holds the day back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import dataframely as dy
import polars as pl

from detectors.tracks import Tracks
from geo.crossings import Crossings
from geo.occupancy import Occupancy
from geo.site import Site
from geo.stitching import Stitches
from geo.trajectories import Trajectories
from pipelines.audit import AuditLog
from pipelines.lake import Lake
from pipelines.stages import drift, georeference, ingest, measure, track
from pipelines.warehouse.connection import Session, Warehouse

LEAST_OBSERVED_SHARE = 0.9

_LAKE_TABLES: dict[str, type[dy.Schema]] = {
    ingest.TABLE: ingest.Recordings,
    track.TABLE: Tracks,
    track.REPORTS: track.TrackingReports,
    georeference.TABLE: Trajectories,
    georeference.STITCHES: Stitches,
    drift.TABLE: drift.CameraDrift,
    drift.LANDMARKS: drift.Landmarks,
    measure.TABLE: Crossings,
    measure.OCCUPANCY: Occupancy,
}


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check: its name, whether it passed, and what it saw."""

    check: str
    is_passed: bool
    details: str


CHECKS = ("contract", "non_negative", "coverage", "conservation")


def check(site: Site, day: date, lake: Lake, warehouse: Warehouse, audit: AuditLog) -> list[Verdict]:
    """Checks one site's local day and writes the verdicts down."""
    values = {"site_id": site.site_id, "day": day}
    with warehouse.write() as session:
        verdicts = [
            _contract(site, day, lake),
            _non_negative(session.frame("select_negative", **values)),
            _coverage(session.frame("select_observed", **values)),
            _conservation(session, site, day, lake),
        ]
        session.run("delete_verdicts", **values)
        rows = [{**values, "check_name": v.check, "is_passed": v.is_passed, "details": v.details} for v in verdicts]
        session.insert("insert_verdicts", pl.DataFrame(rows))
    for verdict in verdicts:
        if not verdict.is_passed:
            audit.append("check_failed", site=site.site_id, day=str(day), check=verdict.check, details=verdict.details)
    return verdicts


def _contract(site: Site, day: date, lake: Lake) -> Verdict:
    """Every lake file of the day keeps its table's contract."""
    files = 0
    for table, schema in _LAKE_TABLES.items():
        for camera in site.cameras:
            for key in lake.keys(table, day, camera.camera_id):
                files += 1
                try:
                    lake.open(schema, table, key)
                except (dy.exc.ValidationError, dy.exc.SchemaError, pl.exceptions.PolarsError, OSError) as error:
                    reason = " ".join(str(error).split())
                    return Verdict("contract", is_passed=False, details=f"{lake.path(table, key)}: {reason}")
    return Verdict("contract", is_passed=True, details=f"{files} files keep their contracts")


def _non_negative(negative: pl.DataFrame) -> Verdict:
    """No count and no duration is below zero."""
    if negative.is_empty():
        return Verdict("non_negative", is_passed=True, details="no negative count or duration")
    first = negative.row(0, named=True)
    return Verdict(
        "non_negative", is_passed=False, details=f"{first['recording_id']}: {first['quantity']} is {first['value']}"
    )


def _coverage(observed: pl.DataFrame) -> Verdict:
    """Nearly all of what was recorded was seen, and nothing was seen twice."""
    for row in observed.iter_rows(named=True):
        share = row["observed_s"] / row["expected_s"] if row["expected_s"] else 0.0
        if share < LEAST_OBSERVED_SHARE:
            seen = f"{share:.0%} of the recorded time was seen, {LEAST_OBSERVED_SHARE:.0%} is the least"
            details = f"{row['recording_id']}: {seen}"
            return Verdict("coverage", is_passed=False, details=details)
        if row["highest_coverage"] > 1 + 1e-6:
            details = (
                f"{row['recording_id']}: coverage {row['highest_coverage']:.3f} of a quarter-hour; recordings overlap"
            )
            return Verdict("coverage", is_passed=False, details=details)
    details = f"{observed['observed_s'].sum():.1f} s observed in {observed.height} recordings"
    return Verdict("coverage", is_passed=True, details=details)


def _conservation(session: Session, site: Site, day: date, lake: Lake) -> Verdict:
    """Every crossing in the lake is in exactly one flow count, and the other way round."""
    loaded = session.frame("select_conservation", site_id=site.site_id, day=day)
    in_lake = {
        key.recording_id: lake.open(Crossings, measure.TABLE, key).height
        for camera in site.cameras
        for key in lake.keys(measure.TABLE, day, camera.camera_id)
    }
    counted = dict(zip(loaded["recording_id"], loaded["counted"], strict=True))
    for recording_id in sorted(in_lake.keys() | counted.keys()):
        found, number = in_lake.get(recording_id, 0), counted.get(recording_id, 0)
        if found != number or recording_id not in counted:
            details = f"{recording_id}: {found} crossings found, {number} counted"
            return Verdict("conservation", is_passed=False, details=details)
    return Verdict("conservation", is_passed=True, details=f"{sum(counted.values())} crossings found and counted")
