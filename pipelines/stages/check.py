"""What must hold before a site's day may be released; a failed check holds the day back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import dataframely as dy
import polars as pl

from geo.site import Site
from pipelines.audit import AuditLog
from pipelines.lake import DamagedFileError, Lake, RecordingKey
from pipelines.stages import georeference, measure, track
from pipelines.stages.lake_tables import LAKE_TABLES
from pipelines.warehouse.connection import Warehouse

LEAST_OBSERVED_SHARE = 0.9


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check: its name, whether it passed, what it saw in a sentence and in numbers.

    Figures have their units in their names.
    """

    check: str
    is_passed: bool
    details: str
    figures: Mapping[str, float] = field(default_factory=dict)


_BROKEN = (DamagedFileError, dy.exc.ValidationError, dy.exc.SchemaError, pl.exceptions.PolarsError, OSError)
_LARGE = (track.TABLE, georeference.TABLE)  # read file by file
_DAYS_AT_ONCE = 31

CHECKS = ("contract", "non_negative", "coverage", "conservation")


def check(
    site: Site,
    days: Sequence[date],
    lake: Lake,
    warehouse: Warehouse,
    audit: AuditLog,
    *,
    contracts: Mapping[date, Verdict] | None = None,
) -> dict[date, list[Verdict]]:
    """Checks local days of one site and writes the verdicts down; ``contracts`` are verdicts that are known."""
    if not days:
        return {}
    with warehouse.write() as session:
        values = {"site_id": site.site_id, "days": list(days)}
        tables = ("select_negative", "select_observed", "select_conservation")
        negative, observed, loaded = (_by_day(session.frame(table, **values)) for table in tables)
        contracts = contracts or check_contracts(site, days, lake)
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


def check_contracts(site: Site, days: Sequence[date], lake: Lake) -> dict[date, Verdict]:
    """Whether every lake file of local days keeps its table's contract."""
    found: dict[date, Verdict] = {}
    for first in range(0, len(days), _DAYS_AT_ONCE):
        found |= _contracts(site, days[first : first + _DAYS_AT_ONCE], lake)
    return found


def files_of(site: Site, day: date, lake: Lake) -> Iterator[tuple[str, RecordingKey]]:
    """Every lake file of a local day: its table and its recording."""
    for table in LAKE_TABLES:
        for camera in site.cameras:
            yield from ((table, key) for key in lake.keys(table, day, camera.camera_id))


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
    files = {day: list(files_of(site, day, lake)) for day in days}
    try:
        for table, schema in LAKE_TABLES.items():
            keys = [key for one in files.values() for name, key in one if name == table]
            at_once = 1 if table in _LARGE else len(keys) or 1
            for first in range(0, len(keys), at_once):
                lake.open_all(schema, table, keys[first : first + at_once])
    except _BROKEN:
        return {day: _contract(files[day], lake) for day in days}
    return {day: _sound(files[day]) for day in days}


def _contract(files: list[tuple[str, RecordingKey]], lake: Lake) -> Verdict:
    """The verdict on one day's files, which names the first that is broken."""
    for table, key in files:
        try:
            lake.open(LAKE_TABLES[table], table, key)
        except _BROKEN as error:
            reason = " ".join(str(error).split())
            details = f"{lake.path(table, key)}: {reason}"
            return Verdict("contract", is_passed=False, details=details, figures={"files": len(files)})
    return _sound(files)


def _sound(files: list[tuple[str, RecordingKey]]) -> Verdict:
    details = f"{len(files)} files keep their contracts"
    return Verdict("contract", is_passed=True, details=details, figures={"files": len(files)})


def _non_negative(negative: pl.DataFrame) -> Verdict:
    """No count and no duration is below zero."""
    figures = {"negative_values": negative.height}
    if negative.is_empty():
        return Verdict("non_negative", is_passed=True, details="no negative count or duration", figures=figures)
    first = negative.row(0, named=True)
    details = f"{first['recording_id']}: {first['quantity']} is {first['value']}"
    return Verdict("non_negative", is_passed=False, details=details, figures=figures)


def _coverage(observed: pl.DataFrame) -> Verdict:
    """Nearly all of what was recorded was seen, and nothing was seen twice."""
    seconds = {name: float(observed[name].sum()) for name in ("expected_s", "observed_s")}
    figures = {"recordings": observed.height, **seconds}
    verdict = partial(Verdict, "coverage", figures=figures)
    for row in observed.iter_rows(named=True):
        share = row["observed_s"] / row["expected_s"] if row["expected_s"] else 0.0
        if share < LEAST_OBSERVED_SHARE:
            seen = f"{share:.0%} of the recorded time was seen, {LEAST_OBSERVED_SHARE:.0%} is the least"
            return verdict(is_passed=False, details=f"{row['recording_id']}: {seen}")
        if row["highest_coverage"] > 1 + 1e-6:
            twice = f"coverage {row['highest_coverage']:.3f} of a quarter-hour; recordings overlap"
            return verdict(is_passed=False, details=f"{row['recording_id']}: {twice}")
    details = f"{figures['observed_s']:.1f} s observed in {observed.height} recordings"
    return verdict(is_passed=True, details=details)


def _conservation(loaded: pl.DataFrame, site: Site, day: date, lake: Lake) -> Verdict:
    """Every crossing and every movement in the lake is in exactly one count, and the other way round."""
    figures: dict[str, float] = {}
    for what, table in (("crossings", measure.TABLE), ("movements", measure.MOVEMENTS)):
        in_lake = {
            key.recording_id: lake.height(table, key)
            for camera in site.cameras
            for key in lake.keys(table, day, camera.camera_id)
        }
        counted = dict(zip(loaded["recording_id"], loaded[what], strict=True))
        figures |= {f"{what}_found": sum(in_lake.values()), f"{what}_counted": sum(counted.values())}
        for recording_id in sorted(in_lake.keys() | counted.keys()):
            found, number = in_lake.get(recording_id, 0), counted.get(recording_id, 0)
            if found != number or recording_id not in counted:
                details = f"{recording_id}: {found} {what} found, {number} counted"
                return Verdict("conservation", is_passed=False, details=details, figures=figures)
    details = f"{loaded['crossings'].sum()} crossings and {loaded['movements'].sum()} movements found and counted"
    return Verdict("conservation", is_passed=True, details=details, figures=figures)
