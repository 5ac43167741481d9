"""What must hold before a site's day may be released; a failed check holds the day back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import dataframely as dy
import polars as pl

from detectors.tracks import Tracks
from geo.crossings import Crossings
from geo.movements import Movements
from geo.occupancy import Occupancy
from geo.site import Site
from geo.stitching import Stitches
from geo.trajectories import Trajectories
from pipelines.audit import AuditLog
from pipelines.lake import DamagedFileError, Lake, RecordingKey
from pipelines.stages import drift, georeference, ingest, measure, space, track, traffic
from pipelines.warehouse.connection import Warehouse

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
    measure.MOVEMENTS: Movements,
    measure.OCCUPANCY: Occupancy,
    **traffic.TABLES,
    **space.TABLES,
}


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check: its name, whether it passed, and what it saw."""

    check: str
    is_passed: bool
    details: str


_BROKEN = (DamagedFileError, dy.exc.ValidationError, dy.exc.SchemaError, pl.exceptions.PolarsError, OSError)
_LARGE = (track.TABLE, georeference.TABLE)  # read file by file
_DAYS_AT_ONCE = 31

CHECKS = ("contract", "non_negative", "coverage", "conservation")


def check(
    site: Site, days: Sequence[date], lake: Lake, warehouse: Warehouse, audit: AuditLog
) -> dict[date, list[Verdict]]:
    """Checks local days of one site and writes the verdicts down."""
    if not days:
        return {}
    with warehouse.write() as session:
        values = {"site_id": site.site_id, "days": list(days)}
        tables = ("select_negative", "select_observed", "select_conservation")
        negative, observed, loaded = (_by_day(session.frame(table, **values)) for table in tables)
        contracts: dict[date, Verdict] = {}
        for first in range(0, len(days), _DAYS_AT_ONCE):
            contracts |= _contracts(site, days[first : first + _DAYS_AT_ONCE], lake)
        verdicts = {
            day: [
                contracts[day],
                _non_negative(negative(day)),
                _coverage(observed(day)),
                _conservation(loaded(day), site, day, lake),
            ]
            for day in days
        }
        session.run("delete_verdicts", **values)
        session.insert("insert_verdicts", _rows(site, verdicts))
        failed = [(day, v) for day, one in verdicts.items() for v in one if not v.is_passed]
        audit.append_all(
            "check_failed",
            [{"site": site.site_id, "day": str(day), "check": v.check, "details": v.details} for day, v in failed],
        )
    return verdicts


def unpassed_days(site: Site, warehouse: Warehouse) -> set[date]:
    """The loaded local days of a site that have not passed, or not been through, their checks."""
    with warehouse.read() as session:
        days = session.frame("select_days")
    return set(days.filter(~pl.col("is_passed"), site_id=site.site_id)["day"])


def _by_day(rows: pl.DataFrame) -> Callable[[date], pl.DataFrame]:
    days = rows.partition_by("day", as_dict=True)
    return lambda day: days.get((day,), rows.clear())


def _rows(site: Site, verdicts: Mapping[date, list[Verdict]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "site_id": site.site_id,
                "day": day,
                "check_name": verdict.check,
                "is_passed": verdict.is_passed,
                "details": verdict.details,
            }
            for day, one in verdicts.items()
            for verdict in one
        ]
    )


def _contracts(site: Site, days: Sequence[date], lake: Lake) -> dict[date, Verdict]:
    """Every lake file of a day keeps its table's contract."""
    files = {day: list(_files(site, day, lake)) for day in days}
    try:
        for table, schema in _LAKE_TABLES.items():
            keys = [key for one in files.values() for name, key in one if name == table]
            at_once = 1 if table in _LARGE else len(keys) or 1
            for first in range(0, len(keys), at_once):
                lake.open_all(schema, table, keys[first : first + at_once])
    except _BROKEN:
        return {day: _contract(files[day], lake) for day in days}
    return {day: _sound(files[day]) for day in days}


def _files(site: Site, day: date, lake: Lake) -> Iterator[tuple[str, RecordingKey]]:
    for table in _LAKE_TABLES:
        for camera in site.cameras:
            yield from ((table, key) for key in lake.keys(table, day, camera.camera_id))


def _contract(files: list[tuple[str, RecordingKey]], lake: Lake) -> Verdict:
    """The verdict on one day's files, which names the first that is broken."""
    for table, key in files:
        try:
            lake.open(_LAKE_TABLES[table], table, key)
        except _BROKEN as error:
            reason = " ".join(str(error).split())
            return Verdict("contract", is_passed=False, details=f"{lake.path(table, key)}: {reason}")
    return _sound(files)


def _sound(files: list[tuple[str, RecordingKey]]) -> Verdict:
    return Verdict("contract", is_passed=True, details=f"{len(files)} files keep their contracts")


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


def _conservation(loaded: pl.DataFrame, site: Site, day: date, lake: Lake) -> Verdict:
    """Every crossing and every movement in the lake is in exactly one count, and the other way round."""
    for what, table in (("crossings", measure.TABLE), ("movements", measure.MOVEMENTS)):
        in_lake = {
            key.recording_id: lake.height(table, key)
            for camera in site.cameras
            for key in lake.keys(table, day, camera.camera_id)
        }
        counted = dict(zip(loaded["recording_id"], loaded[what], strict=True))
        for recording_id in sorted(in_lake.keys() | counted.keys()):
            found, number = in_lake.get(recording_id, 0), counted.get(recording_id, 0)
            if found != number or recording_id not in counted:
                details = f"{recording_id}: {found} {what} found, {number} counted"
                return Verdict("conservation", is_passed=False, details=details)
    details = f"{loaded['crossings'].sum()} crossings and {loaded['movements'].sum()} movements found and counted"
    return Verdict("conservation", is_passed=True, details=details)
