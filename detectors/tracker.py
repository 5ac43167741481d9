"""Boxes to tracks: a ByteTrack-class tracker on arrays, for fixed cameras and recorded video.

Association in two rounds, strong boxes first and weak ones for what is left (Zhang et al., ByteTrack,
ECCV 2022), over a constant-velocity Kalman filter per box coordinate. Three things differ from the
online original: time steps are those of the recording, boxes seen before a track was confirmed are
kept once it is, and no camera motion is estimated because there is none. Nothing about a road
user's appearance is computed or kept, and track numbers start again with every recording.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from detectors.boxes import SIDES, overlap
from detectors.road_users import ROAD_USERS, RoadUser
from detectors.tracks import RoadUserType

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Shares of a box's height: the deviation of a measured coordinate, and of acceleration per s2.
_MEASUREMENT, _ACCELERATION = 0.05, 5.0
_DUPLICATE_OVERLAP = 0.85
_LIGHT = np.array([RoadUser.PEDESTRIAN.code, RoadUser.CYCLIST.code, RoadUser.MOTORCYCLE.code])


@dataclass(frozen=True)
class TrackerSettings:
    """Thresholds of association.

    Attributes:
        strong: score from which a box belongs to the first round.
        birth: score from which an unmatched box may start a track.
        first_overlap: least IoU of the first round, in which surer boxes are preferred.
        second_overlap: least IoU of the second round.
        young_overlap: least IoU to confirm a track on its second box.
        patience_s: how long a track may go unseen.
        least_boxes: boxes under which a track is dropped at the end.
    """

    strong: float = 0.25
    birth: float = 0.25
    first_overlap: float = 0.2
    second_overlap: float = 0.5
    young_overlap: float = 0.3
    patience_s: float = 1.2
    least_boxes: int = 3


@dataclass
class _Alive:
    """The tracks being followed, one row each. Box coordinates are centre x, centre y, width, height."""

    number: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    light: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    confirmed: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool))
    born_s: Floats = field(default_factory=lambda: np.empty(0))
    seen_s: Floats = field(default_factory=lambda: np.empty(0))
    place: Floats = field(default_factory=lambda: np.empty((0, 4)))
    rate: Floats = field(default_factory=lambda: np.empty((0, 4)))
    var_place: Floats = field(default_factory=lambda: np.empty((0, 4)))
    covariance: Floats = field(default_factory=lambda: np.empty((0, 4)))
    var_rate: Floats = field(default_factory=lambda: np.empty((0, 4)))

    def keep(self, kept: NDArray[np.bool_]) -> None:
        for name, values in vars(self).items():
            setattr(self, name, values[kept])

    def append(self, other: _Alive) -> None:
        for name, values in vars(self).items():
            setattr(self, name, np.concatenate([values, getattr(other, name)]))

    def predict(self, step_s: float) -> None:
        """Moves every track on by one time step, with white noise as acceleration."""
        noise = (_ACCELERATION * self.place[:, 3:]) ** 2
        self.place = self.place + self.rate * step_s
        self.place[:, 2:] = np.maximum(self.place[:, 2:], 1.0)
        self.var_place = (
            self.var_place + 2 * step_s * self.covariance + step_s**2 * self.var_rate + noise * step_s**4 / 4
        )
        self.covariance = self.covariance + step_s * self.var_rate + noise * step_s**3 / 2
        self.var_rate = self.var_rate + noise * step_s**2

    def correct(self, rows: Ints, boxes: Floats, time_s: float) -> None:
        """Kalman update of some tracks by the boxes matched to them."""
        measured = _to_centre(boxes)
        spread = self.var_place[rows] + (_MEASUREMENT * measured[:, 3:]) ** 2
        gain, gain_rate = self.var_place[rows] / spread, self.covariance[rows] / spread
        surprise = measured - self.place[rows]
        self.place[rows] += gain * surprise
        self.rate[rows] += gain_rate * surprise
        self.var_rate[rows] -= gain_rate * self.covariance[rows]
        self.covariance[rows] *= 1 - gain
        self.var_place[rows] *= 1 - gain
        self.seen_s[rows] = time_s
        self.confirmed[rows] = True


class Tracker:
    """Follows boxes through one recording."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self._alive = _Alive()
        self._time_s: float | None = None
        self._born = 0
        self._notes: list[tuple[Ints, Ints, Floats, Floats, int, float]] = []

    def update(self, frame: int, time_s: float, boxes: Floats, scores: Floats, codes: Ints) -> None:
        """Takes the boxes of the next frame.

        Args:
            frame: number of the frame.
            time_s: its time since the start of the recording.
            boxes: left, top, right, bottom in pixels, (n, 4).
            scores: confidence, (n,).
            codes: `RoadUser.code`, (n,).
        """
        alive, s = self._alive, self._settings
        if self._time_s is not None:
            alive.predict(time_s - self._time_s)
        light, strong = np.isin(codes, _LIGHT), scores >= s.strong
        free, unmatched = np.ones(len(boxes), bool), np.ones(len(alive.number), bool)
        just_seen = alive.confirmed & (alive.seen_s == self._time_s)
        rounds = (
            (alive.confirmed.copy(), strong, scores, s.first_overlap),
            (just_seen, ~strong, np.ones_like(scores), s.second_overlap),
            (~alive.confirmed, strong, scores, s.young_overlap),
        )
        for tracks, candidates, weight, least in rounds:
            rows, columns = np.flatnonzero(tracks & unmatched), np.flatnonzero(candidates & free)
            shared = overlap(_to_corners(alive.place[rows]), boxes[columns])
            shared *= (alive.light[rows][:, None] == light[columns]) & (shared >= least)
            a, b = linear_sum_assignment(-shared * weight[columns])
            good = shared[a, b] > 0
            rows, columns = rows[a[good]], columns[b[good]]
            alive.correct(rows, boxes[columns], time_s)
            unmatched[rows], free[columns] = False, False
            self._notes.append((alive.number[rows], codes[columns], scores[columns], boxes[columns], frame, time_s))
        self._bury(unmatched, time_s)
        born = free & (scores >= s.birth)
        numbers = self._give_birth(time_s, boxes[born], light[born])
        self._notes.append((numbers, codes[born], scores[born], boxes[born], frame, time_s))
        self._time_s = time_s

    def tracks(self) -> pl.DataFrame:
        """The tracks so far, numbered from 1 in order of birth, each with the class its boxes vote for.

        Returns:
            track_id, frame, time_s, road_user, confidence, left_px, top_px, right_px, bottom_px.
        """
        boxes = self._boxes().filter(pl.len().over("born") >= self._settings.least_boxes)
        votes = boxes.group_by("born", "code").agg(pl.col("confidence").sum()).sort("born", "confidence", "code")
        winner = votes.group_by("born", maintain_order=True).agg(pl.col("code").last().alias("class"))
        named = dict(enumerate(r.value for r in ROAD_USERS))
        return (
            boxes.join(winner, on="born")
            .with_columns(
                pl.col("born").rank("dense").cast(pl.UInt32).alias("track_id"),
                pl.col("class").replace_strict(named, return_dtype=RoadUserType).alias("road_user"),
            )
            .sort("track_id", "frame")
            .select("track_id", "frame", "time_s", "road_user", "confidence", *SIDES)
        )

    def _boxes(self) -> pl.DataFrame:
        nothing = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty((0, 4)), 0, 0.0)
        born, codes, scores, boxes, frames, times = zip(nothing, *self._notes, strict=True)
        sizes = [len(n) for n in born]
        sides = np.concatenate(boxes).astype(np.float32)
        return pl.DataFrame(
            {
                "born": np.concatenate(born),
                "code": np.concatenate(codes),
                "confidence": np.concatenate(scores).astype(np.float32),
                "frame": np.repeat(np.array(frames, np.uint32), sizes),
                "time_s": np.repeat(np.array(times), sizes),
                **{side: sides[:, i] for i, side in enumerate(SIDES)},
            }
        )

    def _bury(self, unmatched: NDArray[np.bool_], time_s: float) -> None:
        """Lets go of young tracks unmatched, of tracks unseen for too long and of doubles."""
        alive = self._alive
        waiting = unmatched & alive.confirmed & (time_s - alive.seen_s <= self._settings.patience_s)
        kept = waiting | ~unmatched
        seen, lost = np.flatnonzero(~unmatched), np.flatnonzero(waiting)
        corners = _to_corners(alive.place)
        alike = alive.light[seen][:, None] == alive.light[lost]
        for i, j in np.argwhere(alike & (overlap(corners[seen], corners[lost]) > _DUPLICATE_OVERLAP)):
            older_is_seen = alive.born_s[seen[i]] <= alive.born_s[lost[j]]
            kept[lost[j] if older_is_seen else seen[i]] = False
        alive.keep(kept)

    def _give_birth(self, time_s: float, boxes: Floats, light: NDArray[np.bool_]) -> Ints:
        n = len(boxes)
        numbers = np.arange(self._born + 1, self._born + n + 1)
        self._born += n
        place = _to_centre(boxes)
        height = place[:, 3:].repeat(4, axis=1)
        self._alive.append(
            _Alive(
                number=numbers,
                light=light,
                confirmed=np.full(n, self._time_s is None),
                born_s=np.full(n, time_s),
                seen_s=np.full(n, time_s),
                place=place,
                rate=np.zeros((n, 4)),
                var_place=(2 * _MEASUREMENT * height) ** 2,
                covariance=np.zeros((n, 4)),
                var_rate=(2.0 * height) ** 2,
            )
        )
        return numbers


def _to_centre(boxes: Floats) -> Floats:
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)


def _to_corners(place: Floats) -> Floats:
    return np.concatenate([place[:, :2] - place[:, 2:] / 2, place[:, :2] + place[:, 2:] / 2], axis=1)
