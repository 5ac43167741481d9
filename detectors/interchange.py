"""Other tools' boxes as TRACKS, and MOTChallenge files in and out.

MOTChallenge files are comma-separated: frame (from 1), id, left, top, width, height, confidence, -1, -1, -1
(Leal-Taixé et al., MOTChallenge 2015, arXiv:1504.01942).
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import dataframely as dy
import numpy as np
import polars as pl

from detectors.foreign_boxes import SIDES, ForeignBoxes, InterchangeError
from detectors.road_users import ROAD_USERS, RoadUser, road_user_of
from detectors.tracker import Tracker, TrackerSettings
from detectors.tracks import RoadUserType, Tracks

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
    sides, scores = boxes.select(SIDES).to_numpy().astype(float), boxes["confidence"].to_numpy().astype(float)
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
