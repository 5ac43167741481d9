"""TUNING of a camera: the cheapest way to run it whose counts hold, found on a sample of its recordings.

Which way road users go is taught by other recordings than the one that judges, or, where there is but
one, by its first half while its second judges, so that no way of running is judged by what it was
taught. Nothing of a trial is kept but its cost and its counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import chain, zip_longest
from pathlib import Path

import polars as pl

from detectors.backends import choose
from detectors.camera import Camera
from detectors.detector import Detector
from detectors.exports import Exports
from detectors.flow_prior import FlowPrior
from detectors.letterbox import Letterbox
from detectors.quantise import quantised
from detectors.track_video import FrameRate, track_video
from detectors.tracks import Tracks
from detectors.tuning import Judged, Limits, Region, Running, Trial, walk
from detectors.video import Decoding, RecordingError, read_frames
from detectors.weights import digest_of
from detectors.yolo import YoloDetector, YoloSettings
from geo.crossings import Crossings, ground_crossings, image_crossings
from geo.georeference import georeference
from geo.site import Site, SiteError
from pipelines.audit import AuditLog
from pipelines.durable import replacing
from pipelines.settings import Settings
from pipelines.sites import SiteFolder
from pipelines.stages.fingerprint import fingerprint
from pipelines.stages.ingest import Recording, examine
from pipelines.stages.report import StageReport
from pipelines.stages.run import choose_camera
from pipelines.stages.track import make_detector, yolo_settings
from pipelines.stages.tuning_file import Tuning, Way, path_of

_BY = ["line_id", "direction", "road_user"]
# Around where road users were, so that their boxes stay whole; a region this large is the whole picture.
_MARGIN_PX, _NEARLY_ALL = 32, 0.8
_CALIBRATION_PICTURES = 100
# What a share of is 2 % of fewer crossings hangs on single ones.
THIN_EVIDENCE = 500


@dataclass(frozen=True)
class Sample:
    """Recordings to tune on, and the site whose lines judge."""

    recordings: tuple[Recording, ...]
    site: Site
    camera: Camera

    def judges_from(self, recording: Recording) -> datetime:
        """When a recording begins to judge: at once, unless it must teach as well."""
        if len(self.recordings) > 1:
            return recording.start_utc
        return recording.start_utc + (recording.end_utc - recording.start_utc) / 2

    def __str__(self) -> str:
        return ", ".join(str(recording.path) for recording in self.recordings)


@dataclass(frozen=True)
class Tracked:
    """TRACKS of one recording, its frames, the processor time it took and d, the displacement per processed frame."""

    tracks: pl.DataFrame
    frames: int
    cpu_s: float
    displacement: float | None


@dataclass(frozen=True)
class Workshop:
    """Makes the detectors that are tried, and times them.

    Attributes:
        weights: of all of them; allowed by who calls.
        how: settings of the reference.
        clock: tells the processor time spent so far, in seconds, by which ways of running are compared.
    """

    weights: Path
    how: YoloSettings
    clock: Callable[[], float] = time.process_time

    @property
    def has_int8(self) -> bool:
        """Whether the engine can run an int8 model."""
        return choose(self.how.backend, None, self.how.device).name == "openvino"

    def detector(self, running: Running, sample: Sample) -> Detector:
        how = replace(self.how, image_size_px=running.image_size_px, region_px=running.region_px)
        if running.precision == "int8":
            how = replace(how, backend="openvino", precision="int8", quantised=self.int8_model(running, sample))
        detector = YoloDetector(self.weights, how, {digest_of(self.weights)})
        # Exports are made once; what a way of running costs is measured without them.
        detector.load(_size(running, sample))
        return detector

    def int8_model(self, running: Running, sample: Sample) -> Path:
        """Calibrated on pictures from all of the sample, none of which is kept."""
        left, top, right, bottom = running.region_px or (0, 0, *sample.camera.size_px)
        letterbox = Letterbox(_size(running, sample), running.image_size_px)
        every = max(1, sum(r.probe.packets for r in sample.recordings) // _CALIBRATION_PICTURES)
        batches = (read_frames(r.path, sample.camera, 1, Decoding(), every) for r in sample.recordings)
        pictures = [letterbox.fit((batch.images[0][top:bottom, left:right],)) for batch in chain(*batches)]
        exports = Exports(self.weights, self.how.exports_dir, self.how.config_dir)
        return quantised(exports, letterbox.input_px, pictures)


def _size(running: Running, sample: Sample) -> tuple[int, int]:
    """Width and height of the part of the picture that is seen."""
    left, top, right, bottom = running.region_px or (0, 0, *sample.camera.size_px)
    return right - left, bottom - top


def workshop_for(
    folder: SiteFolder,
    paths: Sequence[Path],
    settings: Settings,
    *,
    camera_id: str | None,
    starts: Sequence[str],
    weights: Path | None,
) -> tuple[Sample, Workshop]:
    """What is needed to tune a camera on some recordings, with all that can be wrong looked at.

    Args:
        folder: of the site.
        paths: the recordings.
        settings: where things lie.
        camera_id: whose they are, or None to tell by their names.
        starts: time of the first frame of each, in their order, or none to read it elsewhere.
        weights: in place of the site's.

    Raises:
        SiteError, RecordingError, WeightsError, BackendError: naming the file, the field and the fix.
    """
    if starts and len(starts) != len(paths):
        raise RecordingError(
            f"--start: {len(starts)} given for {len(paths)} recordings. Give one for each in their order, or none."
        )
    camera = choose_camera(folder.site, paths[0], camera_id)
    given = zip_longest(paths, starts)
    recordings = tuple(examine(path, folder.site, camera, start) for path, start in given)
    _refuse_twice(recordings)
    how = yolo_settings(folder, settings)
    used = weights or folder.weights
    make_detector(folder, weights, settings, camera.camera_id).load()
    return Sample(recordings, folder.site, camera), Workshop(Path(str(used)), how)


def _refuse_twice(recordings: Sequence[Recording]) -> None:
    known: dict[str, Recording] = {}
    for recording in recordings:
        other = known.setdefault(recording.key.recording_id, recording)
        if other is not recording:
            raise RecordingError(f"{recording.path}: begins when {other.path} does. Give every recording once.")


def tune(
    sample: Sample,
    folder: SiteFolder,
    workshop: Workshop,
    *,
    tolerance: float,
    audit: AuditLog,
    progress: Callable[[Trial, bool], None] = lambda *_: None,
) -> StageReport:
    """Walks to the cheapest way to run a camera and writes it down with its evidence.

    Args:
        sample: recordings of the camera, typical and together long enough to count on.
        folder: of the site, where the tuning is written.
        workshop: makes the detectors that are tried.
        tolerance: largest error of the counts of all recordings together, as a share.
        audit: where the choice is noted.
        progress: told every trial, and whether it was a step.

    Raises:
        SiteError: if nothing crosses a line where the sample judges.
    """
    began = time.perf_counter()
    first, rates = Running(image_size_px=workshop.how.image_size_px), [FrameRate()] * len(sample.recordings)
    full = _tracked(sample, workshop, first, rates)
    expected = _judged(full, sample)
    _refuse_nobody(expected, sample)
    reference, limits = _trial(first, full, expected, expected), _limits(full, sample, workshop, tolerance)
    tried: list[Way] = []
    for trial, is_step in walk(reference, limits, _Judge(sample, workshop, _priors(full, sample), expected)):
        tried.append(_way(trial, is_step=is_step))
        progress(trial, is_step)
    tuning = _tuning(tried, full, sample, workshop, tolerance)
    return _written(tuning, folder, audit, time.perf_counter() - began)


@dataclass(frozen=True)
class _Judge:
    """Runs the sample in some way and sets its crossings beside those expected, each recording with a prior."""

    sample: Sample
    workshop: Workshop
    priors: Sequence[FlowPrior]
    expected: Sequence[pl.DataFrame]

    def __call__(self, running: Running) -> Trial:
        used = self.priors if running.every > 1 else [None] * len(self.priors)
        rates = [FrameRate(running.every, running.is_gated, prior) for prior in used]
        found = _tracked(self.sample, self.workshop, running, rates)
        return _trial(running, found, _judged(found, self.sample), self.expected)


def _refuse_nobody(expected: Sequence[pl.DataFrame], sample: Sample) -> None:
    if not sum(one.height for one in expected):
        where = "" if len(expected) > 1 else " in its second half"
        raise SiteError(
            f"{sample}: nobody crosses a line of {sample.camera.camera_id}{where}, so that no way of running can be "
            "judged. Give longer, busier or more recordings."
        )


def _limits(full: Sequence[Tracked], sample: Sample, workshop: Workshop, tolerance: float) -> Limits:
    size_px = sample.camera.size_px
    region = _region(_together([one.tracks for one in full]), size_px)
    return Limits(tolerance, _displacement(full), region, _share(region, size_px), has_int8=workshop.has_int8)


def _displacement(full: Sequence[Tracked]) -> float | None:
    """The largest d of any recording, per frame."""
    return max((d for one in full if (d := one.displacement) is not None), default=None)


def _tuning(
    tried: Sequence[Way], full: Sequence[Tracked], sample: Sample, workshop: Workshop, tolerance: float
) -> Tuning:
    """The choice with its evidence, and what all of the sample taught for it."""
    camera, chosen = sample.camera, [way for way in tried if way.is_step][-1].running
    everybody = _together([one.tracks for one in full])
    return Tuning(
        camera_id=camera.camera_id,
        weights_sha256=digest_of(workshop.weights),
        recordings_sha256=tuple(recording.sha256 for recording in sample.recordings),
        tolerance=tolerance,
        displacement_p95=_displacement(full),
        tried=tuple(tried),
        int8_model=workshop.int8_model(chosen, sample).parent.name if chosen.precision == "int8" else None,
        size_px=camera.size_px,
        flow_prior=FlowPrior.learned(everybody, camera.size_px).table().to_dict(as_series=False),
    )


def _priors(full: Sequence[Tracked], sample: Sample) -> list[FlowPrior]:
    """For each recording what the others teach, or its own first half."""
    tracks, size_px = [one.tracks for one in full], sample.camera.size_px
    if len(tracks) == 1:
        before = pl.col("time_utc") < sample.judges_from(sample.recordings[0])
        return [FlowPrior.learned(tracks[0].filter(before), size_px)]
    return [FlowPrior.learned(_together(tracks[:i] + tracks[i + 1 :]), size_px) for i in range(len(tracks))]


def _together(tracks: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """TRACKS of several recordings in one table, with numbers of their own."""
    return pl.concat(tracks).with_columns(track_id=pl.struct("recording_id", "track_id").rle_id())


def _trial(
    running: Running, found: Sequence[Tracked], counted: Sequence[pl.DataFrame], expected: Sequence[pl.DataFrame]
) -> Trial:
    cpu_ms = 1000 * sum(one.cpu_s for one in found) / sum(one.frames for one in found)
    each = tuple(Judged(a.height, error_of(a, b)) for a, b in zip(counted, expected, strict=True))
    whole = pl.concat(counted), pl.concat(expected)
    return Trial(running, cpu_ms, whole[0].height, error_of(*whole), each)


def _way(trial: Trial, *, is_step: bool) -> Way:
    each = [{"counted": one.counted, "error": round(one.error, 4)} for one in trial.each]
    cost = {"cpu_ms": round(trial.cpu_ms, 2), "counted": trial.counted, "error": round(trial.error, 4)}
    return Way.model_validate({**asdict(trial.running), **cost, "each": each, "is_step": is_step})


def error_of(counted: pl.DataFrame, expected: pl.DataFrame) -> float:
    """Sum over line, direction and class of the difference in crossings, over the sum expected."""
    sides = [table.group_by(pl.col(_BY).cast(pl.String)).len() for table in (counted, expected)]
    both = sides[0].join(sides[1], on=_BY, how="full", coalesce=True, suffix="_expected").fill_null(0)
    off_by = (pl.col("len").cast(pl.Int64) - pl.col("len_expected").cast(pl.Int64)).abs().sum()
    return float(both.select(off_by).item()) / max(expected.height, 1)


def _tracked(sample: Sample, workshop: Workshop, running: Running, rates: Sequence[FrameRate]) -> list[Tracked]:
    """Each recording at its rate, with the processor time that it takes."""
    detector, found = workshop.detector(running, sample), []
    for recording, rate in zip(sample.recordings, rates, strict=True):
        began = workshop.clock()
        parts, report = track_video(
            recording.path,
            sample.camera,
            detector,
            recording_id=recording.key.recording_id,
            start_utc=recording.start_utc,
            rate=rate,
        )
        tracks = pl.concat([Tracks.create_empty(), *parts])
        found.append(Tracked(tracks, report.frames, workshop.clock() - began, report.displacement_p95))
    return found


def _judged(found: Sequence[Tracked], sample: Sample) -> list[pl.DataFrame]:
    """Crossings of each recording from when it judges."""
    return [
        _crossings(one.tracks, sample).filter(pl.col("time_utc") >= sample.judges_from(recording))
        for one, recording in zip(found, sample.recordings, strict=True)
    ]


def _crossings(tracks: pl.DataFrame, sample: Sample) -> pl.DataFrame:
    camera_id, valid = sample.camera.camera_id, Tracks.validate(tracks)
    found = [image_crossings(valid, sample.site.lines_of(camera_id, "image"))]
    if calibration := sample.site.calibrations.get(camera_id):
        trajectories = georeference(valid, sample.camera, calibration).trajectories
        found.append(ground_crossings(trajectories, sample.site.lines_of(camera_id, "ground")))
    return Crossings.validate(pl.concat(found))


def _region(tracks: pl.DataFrame, size_px: tuple[int, int]) -> Region | None:
    """Where road users were, with a margin; None if that is nearly the whole picture, or nowhere."""
    if tracks.is_empty():
        return None
    (width, height), m = size_px, _MARGIN_PX
    sides = (tracks["left_px"].min(), tracks["top_px"].min(), tracks["right_px"].max(), tracks["bottom_px"].max())
    left, top, right, bottom = (int(float(str(side))) for side in sides)
    region = (max(left - m, 0), max(top - m, 0), min(right + m, width), min(bottom + m, height))
    share = (region[2] - region[0]) * (region[3] - region[1]) / (width * height)
    return region if share < _NEARLY_ALL else None


def _share(region: Region | None, size_px: tuple[int, int]) -> float:
    return 1.0 if region is None else max(region[2] - region[0], region[3] - region[1]) / max(size_px)


def _written(tuning: Tuning, folder: SiteFolder, audit: AuditLog, seconds: float) -> StageReport:
    path, chosen = path_of(folder, tuning.camera_id), tuning.chosen
    with replacing(path) as whole:
        whole.write_text(tuning.model_dump_json(indent=1) + "\n", encoding="utf-8")
    audit.append("tune", camera=tuning.camera_id, every=chosen.every, image_size_px=chosen.image_size_px,
                 precision=chosen.precision, error=chosen.error)  # fmt: skip
    crossings = tuning.tried[0].counted
    thin = f"{tuning.camera_id}: judged by {crossings} crossings; {THIN_EVIDENCE} and more make 2 % a firm figure."
    return StageReport(
        "tuning",
        len(tuning.tried),
        path,
        fingerprint(recordings=tuning.recordings_sha256),
        seconds,
        warnings=(thin,) if crossings < THIN_EVIDENCE else (),
        figures={**chosen.model_dump(exclude={"region_px", "is_step", "each"}), "crossings": crossings},
    )
