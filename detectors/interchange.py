"""Other tools' boxes and tracks, in and out: OpenTrafficCam's ``.otdet`` and ``.ottrk``, and MOTChallenge.

OpenTrafficCam files are bz2-compressed JSON. Boxes are left, top, width and height from format 1.1 on,
and centre, width and height in format 1.0. Paths of the machine a file was made on are not read.
MOTChallenge files are comma-separated: frame (from 1), id, left, top, width, height, confidence, -1, -1, -1
(Leal-Taixé et al., MOTChallenge 2015, arXiv:1504.01942).
"""

from __future__ import annotations

import bz2
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import dataframely as dy
import numpy as np
import polars as pl

from detectors.road_users import ROAD_USERS, RoadUser, road_user_of
from detectors.tracker import Tracker, TrackerSettings
from detectors.tracks import RoadUserType, Tracks

_SIDES = ("left_px", "top_px", "right_px", "bottom_px")
_CORNER_SINCE = (1, 1)

# OpenTrafficCam's classes; who rides a scooter uses the cycle track. "other" is nobody Passant counts.
_OTC_LABELS = {
    "bicyclist": RoadUser.CYCLIST,
    "bicyclist_with_trailer": RoadUser.CYCLIST,
    "cargo_bike_driver": RoadUser.CYCLIST,
    "scooter_driver": RoadUser.CYCLIST,
    "motorcyclist": RoadUser.MOTORCYCLE,
    "car_with_trailer": RoadUser.CAR,
    "private_van": RoadUser.VAN,
    "private_van_with_trailer": RoadUser.VAN,
    "delivery_van": RoadUser.VAN,
    "delivery_van_with_trailer": RoadUser.VAN,
    "truck_with_trailer": RoadUser.TRUCK,
    "truck_with_semitrailer": RoadUser.TRUCK,
}


class InterchangeError(ValueError):
    """A file of another tool that cannot be used; names the file, the field and what to do."""


@dataclass(frozen=True)
class ForeignBoxes:
    """Boxes of another tool.

    Attributes:
        classes: the labels its model knows, in its order; empty if the file does not say.
        size_px: width and height of the picture, or None.
        boxes: run (text, the tracking run; empty for detections), track (NULL for detections), frame,
            time_s (POSIX, or since the start where the file holds no time), label, confidence,
            left_px, top_px, right_px, bottom_px; in order of time.
    """

    classes: tuple[str, ...]
    size_px: tuple[int, int] | None
    boxes: pl.DataFrame


def read_otdet(path: Path) -> ForeignBoxes:
    """Reads the detections of an ``.otdet`` file.

    Raises:
        InterchangeError: naming file, field and fix.
    """
    document = _document(path)
    found = document["data"]
    rows = [(int(frame), seen["occurrence"], box) for frame, seen in found.items() for box in seen["detections"]]
    return _foreign(path, document["metadata"], "", rows, lambda _: None)


def read_ottrk(path: Path) -> ForeignBoxes:
    """Reads the tracks of an ``.ottrk`` file.

    Raises:
        InterchangeError: naming file, field and fix.
    """
    document = _document(path)
    metadata = document["metadata"]
    tracking = metadata.get("tracking", {})
    # Files of one run and one group of videos share their track numbers; others do not.
    run = f"{tracking.get('tracking_run_id', path.stem)}#{tracking.get('frame_group', 0)}"
    rows = [(box["frame"], box["occurrence"], box) for box in document["data"]["detections"]]
    return _foreign(path, metadata, run, rows, lambda box: box["track-id"])


def join(parts: Iterable[ForeignBoxes]) -> ForeignBoxes:
    """Several files as one recording, in the order given; tracks of one run go on across files."""
    every = list(parts)
    return ForeignBoxes(every[0].classes, every[0].size_px, pl.concat([part.boxes for part in every]))


def read_mot(path: Path, *, fps: float, road_user: str = "pedestrian") -> ForeignBoxes:
    """Reads a MOTChallenge file: results, ground truth (rows with confidence 0 are left out) or detections (id -1).

    Args:
        path: the file.
        fps: frames per second of the video it belongs to.
        road_user: what its boxes show, as most MOTChallenge files do not say.

    Raises:
        InterchangeError: naming file and fix.
    """
    names = ["frame", "track", "left_px", "top_px", "width", "height", "confidence"]
    try:
        table = np.loadtxt(path, delimiter=",", ndmin=2, usecols=range(7)).reshape(-1, 7)
    except (ValueError, IndexError) as error:
        raise InterchangeError(
            f"{path}: is not a MOTChallenge file ({error}). Give lines of frame,id,left,top,width,height,confidence."
        ) from error
    rows = pl.DataFrame(table, schema=names).filter(pl.col("confidence") != 0)
    boxes = rows.select(
        run=pl.lit(path.stem),
        track=pl.when(pl.col("track") >= 0).then(pl.col("track")).cast(pl.Int64),
        frame=pl.col("frame").cast(pl.Int64),
        time_s=(pl.col("frame") - 1) / fps,
        label=pl.lit(road_user),
        confidence=pl.col("confidence").clip(0.0, 1.0),
        left_px="left_px",
        top_px="top_px",
        right_px=pl.col("left_px") + pl.col("width"),
        bottom_px=pl.col("top_px") + pl.col("height"),
    )
    return ForeignBoxes((), None, boxes.sort("time_s", maintain_order=True))


def write_mot(tracks: pl.DataFrame, path: Path) -> None:
    """Writes TRACKS of one recording as a MOTChallenge file; its frames are numbered from 1.

    Args:
        tracks: TRACKS.
        path: the file to write.
    """
    rows = tracks.sort("frame", "track_id").select(
        pl.col("frame").cast(pl.Int64) + 1,
        "track_id",
        pl.col("left_px").round(2),
        pl.col("top_px").round(2),
        (pl.col("right_px") - pl.col("left_px")).round(2),
        (pl.col("bottom_px") - pl.col("top_px")).round(2),
        pl.col("confidence").round(4),
        a=-1,
        b=-1,
        c=-1,
    )
    rows.write_csv(path, include_header=False)


def to_tracks(foreign: ForeignBoxes, *, recording_id: str, start_utc: datetime | None = None) -> dy.DataFrame[Tracks]:
    """Another tool's tracks as TRACKS: numbered from 1, each with the class its boxes vote for.

    Boxes without an area and road users Passant does not count are left out.

    Args:
        foreign: tracked boxes.
        recording_id: written into every row.
        start_utc: time of the first frame where the file holds no time.
    """
    boxes = _counted(foreign).filter(pl.col("track").is_not_null())
    votes = boxes.group_by("run", "track", "road_user").agg(pl.col("confidence").sum())
    winner = votes.sort("confidence", "road_user").group_by("run", "track", maintain_order=True).last()
    named = boxes.drop("road_user").join(winner.select("run", "track", "road_user"), on=["run", "track"])
    numbered = named.with_columns(
        track_id=pl.struct("run", "track").rank("dense"),
        frame=pl.col("time_s").rank("dense") - 1,
        recording_id=pl.lit(recording_id),
        time_utc=_time_utc(start_utc),
    )
    once = numbered.unique(["track_id", "frame"], keep="first", maintain_order=True).sort("track_id", "frame")
    return Tracks.validate(once.select(Tracks.column_names()), cast=True)


def track_boxes(
    foreign: ForeignBoxes,
    *,
    recording_id: str,
    start_utc: datetime | None = None,
    settings: TrackerSettings | None = None,
) -> dy.DataFrame[Tracks]:
    """Follows another tool's boxes with Passant's tracker, without a video and without a model.

    Args:
        foreign: boxes; their own tracks, if any, are not looked at.
        recording_id: written into every row.
        start_utc: time of the first frame where the file holds no time.
        settings: of the tracker.

    Returns:
        TRACKS.
    """
    boxes = _counted(foreign)
    tracker = Tracker(settings or TrackerSettings())
    codes = (
        boxes["road_user"].cast(pl.String).replace_strict({r.value: r.code for r in ROAD_USERS}, return_dtype=pl.Int64)
    )
    sides, scores = boxes.select(_SIDES).to_numpy().astype(float), boxes["confidence"].to_numpy().astype(float)
    times = boxes["time_s"].to_numpy()
    _, starts = np.unique(times, return_index=True)
    for number, (a, b) in enumerate(pairwise([*starts, len(times)])):
        tracker.update(number, times[a], sides[a:b], scores[a:b], codes.to_numpy()[a:b])
    named = tracker.tracks().with_columns(recording_id=pl.lit(recording_id), time_utc=_time_utc(start_utc))
    return Tracks.validate(named.select(Tracks.column_names()), cast=True)


def _time_utc(start_utc: datetime | None) -> pl.Expr:
    since = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    return pl.lit(start_utc or datetime.fromtimestamp(0, UTC), pl.Datetime("us", "UTC")) + since


def _counted(foreign: ForeignBoxes) -> pl.DataFrame:
    """Boxes with an area, of road users Passant counts, with their class."""
    known = {label: _OTC_LABELS.get(label) or road_user_of(label) for label in foreign.boxes["label"].unique()}
    names = {label: road_user.value for label, road_user in known.items() if road_user}
    classes = pl.col("label").replace_strict(names, default=None, return_dtype=RoadUserType)
    has_area = (pl.col("left_px") < pl.col("right_px")) & (pl.col("top_px") < pl.col("bottom_px"))
    return foreign.boxes.with_columns(road_user=classes).filter(has_area & pl.col("road_user").is_not_null())


def _document(path: Path) -> dict[str, Any]:
    """The JSON of a file, with the parts that every OpenTrafficCam file has."""
    from pydantic_core import from_json

    try:
        document: dict[str, Any] = from_json(bz2.decompress(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise InterchangeError(f"{path}: is not bz2-compressed JSON ({error}). Export it again.") from error
    for field in ("metadata", "data"):
        if not isinstance(document, dict) or not isinstance(document.get(field), dict):
            raise InterchangeError(f"{path}: {field}: missing. Give an .otdet or .ottrk file as OTVision writes it.")
    return document


def _foreign(
    path: Path,
    metadata: dict[str, Any],
    run: str,
    rows: list[tuple[int, float | str, dict[str, Any]]],
    track: Callable[[dict[str, Any]], int | None],
) -> ForeignBoxes:
    try:
        x, y, w, h, confidence = (
            np.array([box[name] for _, _, box in rows], dtype=float) for name in ("x", "y", "w", "h", "confidence")
        )
        labels, tracks = [box["class"] for _, _, box in rows], [track(box) for _, _, box in rows]
    except KeyError as error:
        raise InterchangeError(f"{path}: data: a detection has no {error}. Export the file again.") from error
    if _version(path, metadata) < _CORNER_SINCE:
        x, y = x - w / 2, y - h / 2
    boxes = pl.DataFrame(
        {
            "run": pl.Series([run], dtype=pl.String).new_from_index(0, len(rows)),
            "track": pl.Series(tracks, dtype=pl.Int64),
            "frame": pl.Series([frame for frame, _, _ in rows], dtype=pl.Int64),
            "time_s": pl.Series([_posix_s(time) for _, time, _ in rows], dtype=pl.Float64),
            "label": pl.Series(labels, dtype=pl.String),
            "confidence": confidence,
            **dict(zip(_SIDES, (x, y, x + w, y + h), strict=True)),
        }
    )
    model = metadata.get("detection", {}).get("model", {})
    video = metadata.get("video", {})
    size = (int(video["width"]), int(video["height"])) if {"width", "height"} <= video.keys() else None
    return ForeignBoxes(tuple(model.get("classes", {}).values()), size, boxes.sort("time_s", maintain_order=True))


def _version(path: Path, metadata: dict[str, Any]) -> tuple[int, ...]:
    version = str(metadata.get("otdet_version", ""))
    try:
        return tuple(int(part) for part in version.split("."))
    except ValueError as error:
        raise InterchangeError(
            f"{path}: metadata.otdet_version: '{version}' is no version, so that x and y could be a corner or a "
            "centre. Write 1.0 (centre) or 1.1 (corner)."
        ) from error


def _posix_s(occurrence: float | str) -> float:
    """A time as OpenTrafficCam writes it: POSIX seconds, or in older files text that is read as UTC."""
    if isinstance(occurrence, str):
        return datetime.fromisoformat(occurrence).replace(tzinfo=UTC).timestamp()
    return occurrence
