"""Boxes to fragments of tracks: a ByteTrack-class tracker on arrays, for fixed cameras and recorded video.

Association in two rounds, strong boxes first and weak ones for what is left (Zhang et al., ByteTrack,
ECCV 2022), over a constant-velocity Kalman filter per box coordinate. What differs from the online
original: time steps are those of the recording; a score says which box is preferred and never
whether one fits; a box of another class must fit better; weak boxes also hold a track that went
unseen for a moment; boxes from before a track was confirmed are kept once it is, weak ones included;
people and two-wheelers never turn into cars; and no camera motion is estimated because there is none.
Nothing about a road user's appearance is computed or kept, and track numbers start again with every
recording.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.boxes import best_overlapping, most_covered, overlapping, pair_up
from detectors.flow_prior import FlowPrior
from detectors.fragments import as_tracks
from detectors.notes import Notes
from detectors.road_users import LIGHT, ROAD_USERS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# In heights of a box: the deviation of a measured coordinate, and the density of white acceleration per s3, squared.
_MEASUREMENT, _ACCELERATION = 0.05, 2.5
_DUPLICATE_OVERLAP = 0.85
_CROWDED = 0.5  # of a box, or of the smaller of two
_OTHER_CLASS = 0.5  # what the overlap with a box of another class counts for beside rivals
_LIGHT = np.array([r in LIGHT for r in ROAD_USERS])


@dataclass(frozen=True)
class TrackerSettings:
    """Thresholds of association.

    Attributes:
        strong: score from which a box belongs to the first round.
        birth: score from which an unmatched box may start a track.
        crowded_birth: the same for a box of which half overlaps with one that is followed: more often
            a second box for somebody in a crowd than a newcomer.
        first_overlap: least IoU of the first round, in which surer boxes are preferred.
        other_overlap: least IoU, in any round, of a box of another class than the track's.
        second_overlap: least IoU of the second round, and of boxes added in hindsight.
        young_overlap: least IoU to confirm a track on its second box.
        recent_s: how long a track may go unseen and still take a weak box.
        patience_s: how long a track may go unseen.
        least_boxes: boxes under which a track is dropped at the end.
    """

    strong: float = 0.25
    birth: float = 0.4
    crowded_birth: float = 0.5
    first_overlap: float = 0.2
    other_overlap: float = 0.5
    second_overlap: float = 0.5
    young_overlap: float = 0.3
    recent_s: float = 0.4
    patience_s: float = 1.2
    least_boxes: int = 3


@dataclass(frozen=True)
class _Found:
    """Boxes of one frame: corners (n, 4), scores (n,), codes (n,)."""

    frame: int
    time_s: float
    boxes: Floats
    scores: Floats
    codes: Ints

    def __getitem__(self, chosen: Bools | Ints) -> _Found:
        return _Found(self.frame, self.time_s, self.boxes[chosen], self.scores[chosen], self.codes[chosen])


@dataclass(frozen=True)
class _Known:
    """What tracks expect of their next boxes: corners (places, n, 4) where each may be, kinds (n,), codes (n,)."""

    corners: Floats
    light: Bools
    code: Ints


@dataclass
class _Alive:
    """The tracks being followed, one row each. ``place`` is centre x, centre y, width, height."""

    number: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    votes: Floats = field(default_factory=lambda: np.empty((0, len(ROAD_USERS))))
    light: Bools = field(default_factory=lambda: np.empty(0, bool))
    confirmed: Bools = field(default_factory=lambda: np.empty(0, bool))
    born_s: Floats = field(default_factory=lambda: np.empty(0))
    seen_s: Floats = field(default_factory=lambda: np.empty(0))
    first: Floats = field(default_factory=lambda: np.empty((0, 4)))
    place: Floats = field(default_factory=lambda: np.empty((0, 4)))
    rate: Floats = field(default_factory=lambda: np.empty((0, 4)))
    var_place: Floats = field(default_factory=lambda: np.empty((0, 4)))
    covariance: Floats = field(default_factory=lambda: np.empty((0, 4)))
    var_rate: Floats = field(default_factory=lambda: np.empty((0, 4)))

    def keep(self, kept: Bools) -> None:
        for name, values in vars(self).items():
            setattr(self, name, values[kept])

    def append(self, other: _Alive) -> None:
        for name, values in vars(self).items():
            setattr(self, name, np.concatenate([values, getattr(other, name)]))

    def predict(self, step_s: float) -> None:
        """Moves every track on by one time step, with continuous white noise as acceleration, however long the step.

        Bar-Shalom et al., Estimation with Applications to Tracking and Navigation, 2001, 6.2.2.
        """
        noise = _ACCELERATION * self.place[:, 3:] ** 2
        self.place = self.place + self.rate * step_s
        self.place[:, 2:] = np.maximum(self.place[:, 2:], 1.0)
        self.var_place = (
            self.var_place + 2 * step_s * self.covariance + step_s**2 * self.var_rate + noise * step_s**3 / 3
        )
        self.covariance = self.covariance + step_s * self.var_rate + noise * step_s**2 / 2
        self.var_rate = self.var_rate + noise * step_s

    def correct(self, rows: Ints, found: _Found) -> None:
        """Kalman update of some tracks by the boxes matched to them, and their votes for a class."""
        measured = _to_centre(found.boxes)
        self.votes[rows, found.codes] += found.scores
        var, covariance = self.var_place[rows], self.covariance[rows]
        spread = var + (_MEASUREMENT * measured[:, 3:]) ** 2
        gain, gain_rate = var / spread, covariance / spread
        surprise = measured - self.place[rows]
        self.place[rows] += gain * surprise
        self.rate[rows] += gain_rate * surprise
        self.var_rate[rows] -= gain_rate * covariance
        self.covariance[rows] = covariance * (1 - gain)
        self.var_place[rows] = var * (1 - gain)
        self.seen_s[rows] = found.time_s


class Tracker:
    """Follows boxes through one recording.

    Args:
        settings: thresholds.
        prior: velocities usual at the camera, tried on tracks seen once, or None to look where they were.
    """

    def __init__(self, settings: TrackerSettings, prior: FlowPrior | None = None) -> None:
        self._settings, self._prior = settings, prior
        self._alive = _Alive()
        self._time_s: float | None = None
        self._born = 0
        self.notes = Notes()
        self._unused: deque[_Found] = deque()

    def update(self, frame: int, time_s: float, boxes: Floats, scores: Floats, codes: Ints) -> None:
        """Takes the boxes of the next frame.

        Args:
            frame: number of the frame.
            time_s: its time since the start of the recording, later than that of the last.
            boxes: left, top, right, bottom in pixels, (n, 4).
            scores: confidence, (n,).
            codes: `RoadUser.code`, (n,).
        """
        alive, s, found = self._alive, self._settings, _Found(frame, time_s, boxes, scores, codes)
        if self._time_s is not None:
            alive.predict(time_s - self._time_s)
        strong, free, unmatched = scores >= s.strong, np.ones(len(boxes), bool), np.ones(len(alive.number), bool)
        young = ~alive.confirmed
        recent = alive.confirmed & (time_s - alive.seen_s <= s.recent_s)
        recent |= alive.confirmed & (alive.seen_s == self._time_s)
        corners = _to_corners(alive.place)[None]
        rounds = (
            (alive.confirmed, strong, scores, s.first_overlap, corners),
            (recent, ~strong, np.ones(len(boxes)), s.second_overlap, corners),
            (young, strong, scores, s.young_overlap, self._usual(time_s)),
            (young, strong, scores, s.young_overlap, corners),
        )
        for tracks, candidates, preference, least, places in rounds:
            rows, columns = np.flatnonzero(tracks & unmatched), np.flatnonzero(candidates & free)
            known = _Known(places[:, rows], alive.light[rows], alive.votes[rows].argmax(axis=1))
            a, b = self._associate(known, found[columns], preference[columns], least)
            rows, columns = rows[a], columns[b]
            alive.correct(rows, found[columns])
            unmatched[rows], free[columns] = False, False
            self._note(alive.number[rows], found[columns])
        self._confirm(young & ~unmatched)
        self._bury(unmatched, time_s)
        crowded = most_covered(boxes, boxes[~free]) > _CROWDED
        self._give_birth(found[free & (scores >= np.where(crowded, s.crowded_birth, s.birth))])
        self._unused.append(found[free & ~strong])
        self._time_s = time_s

    def tracks(self) -> pl.DataFrame:
        """The tracks so far: fragments joined and classes voted, as `as_tracks` does by default."""
        return as_tracks(self.fragments())[0]

    def fragments(self) -> pl.DataFrame:
        """What has been followed so far, without what had too few boxes.

        Returns:
            fragment, frame, time_s, code, confidence and the sides of every box.
        """
        return self.notes.of(np.flatnonzero(self.notes.boxes_of >= self._settings.least_boxes))

    def _usual(self, time_s: float) -> Floats:
        """Corners (velocities, n, 4) by each velocity that is usual where a track was, NaN where there are fewer."""
        place = self._alive.place
        if self._prior is None or self._time_s is None:
            return np.empty((0, len(place), 4))
        step_s = time_s - self._time_s
        ways = self._prior.tried(place[:, :2], self._alive.votes.argmax(axis=1)) * step_s
        return _to_corners(place) + np.tile(ways, 2)

    def _note(self, fragments: Ints, found: _Found) -> None:
        self.notes.add(fragments, found.frame, found.time_s, (found.boxes, found.scores, found.codes))

    def _associate(self, known: _Known, found: _Found, preference: Floats, least: float) -> tuple[Ints, Ints]:
        """One-to-one pairs of tracks and boxes of the same kind, as indices into both."""
        rows, columns, shared = best_overlapping(known.corners, found.boxes, least)
        same = known.code[rows] == found.codes[columns]
        alike = (known.light[rows] == _LIGHT[found.codes[columns]]) & (same | (shared >= self._settings.other_overlap))
        rows, columns = rows[alike], columns[alike]
        kept = pair_up(rows, columns, shared[alike] * preference[columns] * np.where(same[alike], 1.0, _OTHER_CLASS))
        return rows[kept], columns[kept]

    def _confirm(self, chosen: Bools) -> None:
        """Confirms tracks and looks back from their first boxes, by the way they go, for weak ones that led there.

        A road user comes into view weakly as often as it leaves so; a recording can be read both ways.
        """
        alive, s = self._alive, self._settings
        alive.confirmed |= chosen
        while self._unused and self._unused[-1].time_s - self._unused[0].time_s > s.patience_s:
            self._unused.popleft()
        rows = np.flatnonzero(chosen)
        if not len(rows):
            return
        first, seen_s = alive.first[rows].copy(), alive.born_s[rows].copy()
        for i in range(len(self._unused) - 1, -1, -1):
            past = self._unused[i]
            since_s = seen_s - past.time_s
            near = np.flatnonzero((since_s > 0) & (since_s <= s.recent_s))
            came_from = first[near] - np.tile(alive.rate[rows[near], :2] * since_s[near, None], 2)
            known = _Known(came_from[None], alive.light[rows[near]], alive.votes[rows[near]].argmax(axis=1))
            a, b = self._associate(known, past, np.ones(len(past.boxes)), s.second_overlap)
            first[near[a]], seen_s[near[a]] = past.boxes[b], past.time_s
            self._note(alive.number[rows[near[a]]], past[b])
            self._unused[i] = past[~np.isin(np.arange(len(past.boxes)), b)]

    def _bury(self, unmatched: Bools, time_s: float) -> None:
        """Lets go of young tracks unmatched, of tracks unseen for too long and of doubles."""
        alive = self._alive
        waiting = unmatched & alive.confirmed & (time_s - alive.seen_s <= self._settings.patience_s)
        kept = waiting | ~unmatched
        seen, lost = np.flatnonzero(~unmatched), np.flatnonzero(waiting)
        corners = _to_corners(alive.place)
        a, b, _ = overlapping(corners[seen], corners[lost], _DUPLICATE_OVERLAP)
        for i, j in zip(seen[a], lost[b], strict=True):
            if alive.light[i] == alive.light[j]:
                kept[j if alive.born_s[i] <= alive.born_s[j] else i] = False
        if not kept.all():
            alive.keep(kept)

    def _give_birth(self, found: _Found) -> None:
        n = len(found.boxes)
        if n == 0:
            return
        numbers = np.arange(self._born + 1, self._born + n + 1)
        self._born += n
        place = _to_centre(found.boxes)
        height = place[:, 3:].repeat(4, axis=1)
        self._alive.append(
            _Alive(
                number=numbers,
                votes=np.eye(len(ROAD_USERS))[found.codes] * found.scores[:, None],
                light=_LIGHT[found.codes],
                confirmed=np.full(n, self._time_s is None),
                born_s=np.full(n, found.time_s),
                seen_s=np.full(n, found.time_s),
                first=found.boxes,
                place=place,
                rate=np.zeros((n, 4)),
                var_place=(2 * _MEASUREMENT * height) ** 2,
                covariance=np.zeros((n, 4)),
                var_rate=(2.0 * height) ** 2,
            )
        )
        self._note(numbers, found)


def _to_centre(boxes: Floats) -> Floats:
    return np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)


def _to_corners(place: Floats) -> Floats:
    half = place[:, 2:] / 2
    return np.concatenate([place[:, :2] - half, place[:, :2] + half], axis=1)
