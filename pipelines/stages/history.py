"""A simulated past: months of crossings drawn from demand, with sample days simulated road user by road user.

Everything goes the way of real recordings from the lake on: the same contracts, the same load, checks
and release. Only what comes before crossings is left out, because nothing was filmed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import dataframely as dy
import numpy as np
import polars as pl
import yaml
from pydantic import ValidationError

from detectors.road_users import RoadUser
from geo.chronicle import Chronicle, Watch, annotate, watches
from geo.crossings import Crossings, ground_crossings
from geo.history import class_factors, day_effects, draw_crossings, expected, quarters, with_purposes
from geo.movements import Movements, junction_movements
from geo.occupancy import Occupancy, occupy
from geo.scenario import Scenario, base_flows, simulate
from geo.simulated_view import seen_by
from geo.site import Site, SiteError
from geo.trajectories import Trajectories
from geo.weather import Weather, simulate_weather
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey
from pipelines.settings import Settings
from pipelines.sites import SiteFolder
from pipelines.stages import georeference, ingest, measure, space, track, traffic
from pipelines.stages.check import Verdict, check, unpassed_days
from pipelines.stages.fingerprint import code_of, fingerprint
from pipelines.stages.load import load, loaded_recordings, unload
from pipelines.stages.release import release
from pipelines.stages.report import StageReport
from pipelines.stages.simulate import read_scenario
from pipelines.warehouse.connection import Warehouse

HISTORY_FILE = "history.yaml"
_SUFFIX = "__simulated"
_AT_ONCE = 16  # recordings made before they are saved
# What a report of tracking counts and times, of which there is nothing where nothing was filmed.
_COUNTED = ("dropped_frames", "corrupt_frames", "decode_errors", "inferred_frames", "boxes", "tracks")
_TIMED = ("seconds", "decode_s", "detect_s", "associate_s")
# In the order in which they are saved.
_TABLES: dict[str, type[dy.Schema]] = {
    ingest.TABLE: ingest.Recordings,
    track.REPORTS: track.TrackingReports,
    georeference.TABLE: Trajectories,
    measure.MOVEMENTS: Movements,
    measure.OCCUPANCY: Occupancy,
    **traffic.TABLES,
    **space.TABLES,
    measure.TABLE: Crossings,
}


def read_chronicle(folder: SiteFolder) -> Chronicle:
    """Reads a site's chronicle.

    Raises:
        SiteError: if it is missing or malformed, or the site is not a simulated one; names file, field and fix.
    """
    path, site = folder.path / HISTORY_FILE, folder.site
    if not site.is_simulated:
        raise SiteError(
            f"{folder.path}/site.yaml: is_simulated: is false. Only a simulated site may have a made-up past."
        )
    if not path.is_file():
        raise SiteError(f"{path}: no such file. Only a site with a {HISTORY_FILE} has a simulated past.")
    try:
        chronicle = Chronicle.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise SiteError(f"{path}: {' '.join(str(error).split())}. Mend the file.") from error
    _refuse_unknown_names(chronicle, site, path)
    return chronicle


def _refuse_unknown_names(chronicle: Chronicle, site: Site, path: Path) -> None:
    lines, cameras = [line.line_id for line in site.lines], [camera.camera_id for camera in site.cameras]
    affected = [line_id for event in chronicle.events for effect in event.effects for line_id in effect.line_ids]
    used = [
        ("effects: line_ids", affected, lines),
        ("inbound", list(chronicle.inbound), lines),
        ("outages: camera_id", [outage.camera_id for outage in chronicle.outages], cameras),
    ]
    for field, names, known in used:
        if unknown := sorted(set(names) - set(known)):
            raise SiteError(f"{path}: {field}: the site has no '{unknown[0]}'. Use one of: {', '.join(known)}.")


@dataclass(frozen=True)
class Past:
    """What a site's simulated past is drawn from."""

    folder: SiteFolder
    chronicle: Chronicle
    scenario: Scenario

    @cached_property
    def flows(self) -> pl.DataFrame:
        lines = [line for line in self.folder.site.lines if line.space == "ground"]
        try:
            return with_purposes(base_flows(self.scenario, lines), self.scenario, self.chronicle)
        except ValueError as error:
            raise SiteError(f"{self.folder.path / HISTORY_FILE}: {error}.") from error

    @cached_property
    def weather(self) -> dy.DataFrame[Weather]:
        chronicle = self.chronicle
        return simulate_weather(chronicle.first_day, chronicle.last_day, self.folder.site.time_zone, chronicle.seed)

    @cached_property
    def means(self) -> dict[date, pl.DataFrame]:
        """Day -> interval_start_utc and expected crossings per flow, by its number, chance of the day included."""
        moments = quarters(self.chronicle, self.weather, self.folder.site.time_zone)
        mean = expected(self.flows, moments, self.chronicle)
        effects = day_effects(self.chronicle, self.flows)
        number = (moments["day"] - self.chronicle.first_day).dt.total_days().to_numpy()
        table = pl.DataFrame(mean * effects[number], schema=[str(i) for i in range(self.flows.height)])
        table = table.insert_column(0, moments["interval_start_utc"]).with_columns(moments["day"])
        return {day: rows for (day,), rows in table.partition_by("day", as_dict=True, include_key=False).items()}

    def of_camera(self, key: RecordingKey) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The flows of a recording's camera, and their means on its day."""
        lines = [line.line_id for line in self.folder.site.lines if line.camera_id == key.camera_id]
        is_own = self.flows["line_id"].is_in(lines)
        columns = [str(number) for number in np.flatnonzero(is_own.to_numpy())]
        return self.flows.filter(is_own), self.means[key.day].select("interval_start_utc", *columns)

    def is_placed(self, watch: Watch) -> bool:
        """Whether a stretch is simulated road user by road user, which takes a calibrated camera."""
        return watch.is_sample and watch.camera_id in self.folder.site.calibrations

    @cached_property
    def inputs(self) -> str:
        """Fingerprint of everything the past is made from."""
        return fingerprint(
            chronicle=self.chronicle.model_dump_json(),
            scenario=self.scenario.model_dump_json(),
            site=self.folder.site.version,
            code=code_of("geo"),
        )

    def recordings(self) -> Iterator[tuple[RecordingKey, Watch]]:
        """Every simulated recording, in order of days."""
        zone = self.folder.site.time_zone
        for day in self.chronicle.days:
            for camera in self.folder.site.cameras:
                for watch in watches(self.chronicle, zone, camera.camera_id, day):
                    name = f"{camera.camera_id}__{watch.start_utc:%Y%m%dT%H%M%SZ}{_SUFFIX}"
                    yield RecordingKey(name, camera.camera_id, day), watch


@dataclass(frozen=True)
class Outcome:
    """What a run has made: a report per stage, and the verdicts of the days that were checked."""

    reports: tuple[StageReport, ...]
    verdicts: tuple[Verdict, ...]


def history(folder: SiteFolder, settings: Settings, progress: Callable[[int], None] = lambda _: None) -> Outcome:
    """Simulates, loads, checks and releases a site's past; what is unchanged stays as it is.

    Args:
        folder: a simulated site with a scenario and a chronicle.
        settings: where everything lies.
        progress: told the number of days that have been simulated.
    """
    past, site = Past(folder, read_chronicle(folder), read_scenario(folder)), folder.site
    lake, audit, warehouse = Lake.of(settings), AuditLog(settings.audit), Warehouse(settings.warehouse)
    keys = [key for key, _ in past.recordings()]
    reports = [simulate_past(past, lake, audit, progress)]
    _remove_stale(site, set(keys), lake, warehouse, audit)
    loads = load(keys, site, lake, warehouse, audit)
    reports.append(_summed(loads))
    changed = {key.day for key, report in zip(keys, loads, strict=True) if not report.is_reused}
    due = sorted(changed | (unpassed_days(site, warehouse) & {key.day for key in keys}))
    verdicts = check(site, due, lake, warehouse, audit)
    describe(past, warehouse)
    reports.append(release(warehouse, settings, audit))
    return Outcome(tuple(reports), tuple(v for one in verdicts.values() for v in one))


def simulate_past(
    past: Past, lake: Lake, audit: AuditLog, progress: Callable[[int], None] = lambda _: None
) -> StageReport:
    """Writes every simulated recording with its crossings, sample days with trajectories and occupancy too."""
    began, chronicle = time.perf_counter(), past.chronicle
    recordings = list(past.recordings())
    is_made = {key: lake.is_current(measure.TABLE, key, past.inputs) for key, _ in recordings}
    made = len(recordings) - sum(is_made.values())
    if made:
        days = {"first_day": str(chronicle.first_day), "last_day": str(chronicle.last_day)}
        audit.append("simulate", site=past.folder.site.site_id, **days, recordings=made)
    with ThreadPoolExecutor(1) as beside:
        # A sample takes as long as weeks of other days and uses one core of those there are.
        samples = {k: beside.submit(_make, past, k, w) for k, w in recordings if w.is_sample and not is_made[k]}
        for some in _batches(recordings):
            wanted = {key: watch for key, watch in some if not is_made[key] and key not in samples}
            _save({key: _make(past, key, watch) for key, watch in wanted.items()}, past.inputs, lake)
            progress((some[-1][0].day - chronicle.first_day).days)
        _save({key: sample.result() for key, sample in samples.items()}, past.inputs, lake)
    progress(len(chronicle.days))
    return StageReport(
        measure.TABLE,
        sum(lake.height(measure.TABLE, key) for key, _ in recordings),
        lake.root,
        past.inputs,
        time.perf_counter() - began,
        is_reused=made == 0,
        figures={"days": len(chronicle.days), "recordings_made": made},
    )


def _batches(recordings: list[tuple[RecordingKey, Watch]]) -> Iterator[list[tuple[RecordingKey, Watch]]]:
    for first in range(0, len(recordings), _AT_ONCE):
        yield recordings[first : first + _AT_ONCE]


def _save(recordings: Mapping[RecordingKey, Mapping[str, pl.DataFrame]], inputs: str, lake: Lake) -> None:
    """Saves recordings table by table; crossings come last, so that a recording that has them is whole."""
    for table, schema in _TABLES.items():
        if rows := {key: tables[table] for key, tables in recordings.items() if table in tables}:
            lake.save_all(schema, table, rows, inputs)


def _make(past: Past, key: RecordingKey, watch: Watch) -> dict[str, pl.DataFrame]:
    """A recording's tables."""
    rng = np.random.default_rng([past.chronicle.seed, 4, round(watch.start_utc.timestamp()), *key.camera_id.encode()])
    flows, mean = past.of_camera(key)
    tables = {
        ingest.TABLE: _recording_row(past, key, watch),
        track.REPORTS: _report_row(past, key, watch, flows),
    }
    if not past.is_placed(watch):
        return {**tables, measure.TABLE: draw_crossings(key.recording_id, watch, flows, mean, rng)}
    trajectories = _sampled(past, key, watch, class_factors(flows, mean, watch), rng)
    return {**tables, georeference.TABLE: trajectories, **_measured(past.folder.site, key, watch, trajectories)}


def _measured(
    site: Site, key: RecordingKey, watch: Watch, trajectories: dy.DataFrame[Trajectories]
) -> dict[str, pl.DataFrame]:
    """Every measure of road users who were placed on the ground."""
    crossings = ground_crossings(trajectories, site.lines_of(key.camera_id, "ground"))
    zones = [zone for zone in site.zones if zone.camera_id == key.camera_id]
    return {
        measure.TABLE: crossings,
        measure.MOVEMENTS: junction_movements(trajectories, crossings, site.junctions_of(key.camera_id)),
        measure.OCCUPANCY: occupy(trajectories),
        **traffic.measure_traffic(trajectories, crossings, site, key.camera_id),
        **space.measure_space(trajectories, zones, list(watch.observed)),
    }


def _sampled(
    past: Past, key: RecordingKey, watch: Watch, factors: Mapping[RoadUser, float], rng: np.random.Generator
) -> dy.DataFrame[Trajectories]:
    """Simulates a stretch road user by road user, as the camera would have placed them."""
    duration_s = (watch.end_utc - watch.start_utc).total_seconds()
    scene = simulate(past.scenario, duration_s=duration_s, seed=int(rng.integers(2**31)), factors=factors)
    calibration = past.folder.site.calibrations[key.camera_id]
    camera = past.folder.site.camera(key.camera_id)
    return seen_by(camera, calibration, scene, key.recording_id, watch.start_utc, rng)


def _recording_row(past: Past, key: RecordingKey, watch: Watch) -> pl.DataFrame:
    row = {
        "recording_id": key.recording_id,
        "site_id": past.folder.site.site_id,
        "camera_id": key.camera_id,
        "day": key.day,
        "sha256": past.inputs,
        "start_utc": watch.start_utc,
        "end_utc": watch.end_utc,
        "start_source": "simulation",
        "duration_s": (watch.end_utc - watch.start_utc).total_seconds(),
        **dict.fromkeys(("file_name", "frames", "fps", "width_px", "height_px", "codec")),
    }
    return ingest.Recordings.cast(pl.DataFrame([row]))


def _report_row(past: Past, key: RecordingKey, watch: Watch, flows: pl.DataFrame) -> pl.DataFrame:
    row = {
        "recording_id": key.recording_id,
        **dict.fromkeys(("frames", "displacement_p95", "displacement_limit", "every")),
        **dict.fromkeys(_COUNTED, 0),
        **dict.fromkeys(_TIMED, 0.0),
        **{name: [] for name in ("joint_track_id", "joint_from_utc", "joint_to_utc")},
        "detector": f"simulated {'road users' if past.is_placed(watch) else 'crossings'}, no detector",
        "detector_digest": past.inputs,
        "road_users": flows["road_user"].unique().sort().to_list(),
        "observed_start_utc": [start for start, _ in watch.observed],
        "observed_end_utc": [end for _, end in watch.observed],
    }
    return track.TrackingReports.cast(pl.DataFrame([row]))


def _remove_stale(site: Site, wanted: set[RecordingKey], lake: Lake, warehouse: Warehouse, audit: AuditLog) -> None:
    """Takes away what an earlier version of the chronicle had made."""
    loaded = [key for key in loaded_recordings(site, warehouse) if key.recording_id.endswith(_SUFFIX)]
    stale = [key for key in loaded if key not in wanted]
    for key in stale:
        for table in _TABLES:
            lake.path(table, key).unlink(missing_ok=True)
    if stale:
        unload(stale, warehouse, audit)


def _summed(loads: list[StageReport]) -> StageReport:
    """One report for all recordings."""
    return replace(
        loads[0],
        rows=sum(report.rows for report in loads),
        seconds=sum(report.seconds for report in loads),
        is_reused=all(report.is_reused for report in loads),
        figures={"recordings": len(loads)},
    )


def describe(past: Past, warehouse: Warehouse) -> None:
    """Puts the past's annotations and weather in the place of earlier ones."""
    site = past.folder.site
    notes = annotate(past.chronicle, site.time_zone, [camera.camera_id for camera in site.cameras])
    with warehouse.write() as session:
        for table, rows in (("annotations", notes), ("weather", past.weather)):
            session.run(f"delete_{table}", site_id=site.site_id)
            session.insert(f"insert_{table}", rows.with_columns(pl.col(pl.Enum).cast(pl.String)), site_id=site.site_id)
