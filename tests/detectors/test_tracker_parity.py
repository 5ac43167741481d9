"""Beside a kept ByteTrack (Ultralytics') on the same boxes, with the same settings.

Where no rivals, gaps and scores near a threshold bring their differences out, both make the same
tracks of the same boxes. Ours differs by design in that scores only order the first round, that
boxes from before confirmation are kept, that weak boxes revive tracks unseen for a moment, and that
time steps are those of the recording; `recent_s` is 0 here to leave one of these out.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from detectors.road_users import RoadUser
from detectors.tracker import Tracker, TrackerSettings
from detectors.weights import import_ultralytics

FPS = 25
SETTINGS = TrackerSettings(recent_s=0.0, patience_s=30 / FPS, least_boxes=1)
CAR = RoadUser.CAR.code


def scene(seed, n, *, frames=120, recall=1.0, weak=0.0, noise=0.02, spread=1600):
    """Boxes of road users that move straight on, [(corners, scores, which)] per frame."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(25, 50, (n, 1)) * [1, 1.6]
    start, speed = rng.uniform(60, spread, (n, 2)), rng.normal(0, 2.5, (n, 2))
    found = []
    for frame in range(frames):
        centre = start + speed * frame + rng.normal(0, noise, (n, 2)) * size
        seen = np.flatnonzero(rng.random(n) < recall)
        scores = np.where(rng.random(n) < weak, rng.uniform(0.12, 0.2, n), rng.uniform(0.6, 0.95, n))
        corners = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
        found.append((corners[seen], scores[seen], seen))
    return found


def followed(found, settings=SETTINGS):
    tracker = Tracker(settings)
    for frame, (boxes, scores, _) in enumerate(found):
        tracker.update(frame, frame / FPS, boxes, scores, np.full(len(boxes), CAR))
    return tracker


def ours(found, settings=SETTINGS):
    """(frame, box) -> track, for every box that has one."""
    whose = {}
    for row in followed(found, settings).fragments().iter_rows(named=True):
        boxes = found[row["frame"]][0]
        distance = np.abs(boxes - [row["left_px"], row["top_px"], row["right_px"], row["bottom_px"]]).sum(axis=1)
        whose[row["frame"], int(distance.argmin())] = row["fragment"]
    return whose


def followed_by_ultralytics(found):
    """The rows that Ultralytics' tracker returns for each frame."""
    import_ultralytics(Path("data/var/ultralytics"))
    from ultralytics.engine.results import Boxes
    from ultralytics.trackers.byte_tracker import BYTETracker

    thresholds = {"track_high_thresh": 0.25, "track_low_thresh": 0.1, "new_track_thresh": 0.25, "match_thresh": 0.8}
    tracker = BYTETracker(SimpleNamespace(**thresholds, track_buffer=30, fuse_score=True))
    rows = []
    for boxes, scores, _ in found:
        table = np.concatenate([boxes, scores[:, None], np.zeros((len(boxes), 1))], axis=1).astype(np.float32)
        rows.append(tracker.update(Boxes(table, (2000, 2000))))
    return rows


def theirs(found):
    frames = enumerate(followed_by_ultralytics(found))
    return {(frame, int(row[-1])): int(row[4]) for frame, rows in frames for row in rows}


def partition(whose, of):
    """Groups of boxes with the same number, among the boxes asked for."""
    groups = {}
    for box in of:
        groups.setdefault(whose[box], set()).add(box)
    return {frozenset(group) for group in groups.values()}


@pytest.mark.parametrize(
    ("n", "changes"),
    [
        (1, {}),
        (8, {}),
        (8, {"weak": 0.2}),
        (8, {"recall": 0.9}),
        (30, {"spread": 6000}),
        (30, {"noise": 0.05, "spread": 6000}),
    ],
    ids=["one", "several", "weak boxes", "missed boxes", "many", "noisy"],
)
@pytest.mark.parametrize("seed", range(4))
def test_the_same_boxes_make_the_same_tracks(seed, n, changes):
    found = scene(seed, n, **changes)
    mine, kept = ours(found), theirs(found)
    assert kept.keys() <= mine.keys()
    assert partition(mine, kept) == partition(kept, kept)


@pytest.mark.parametrize("n", [20, 60])
def test_a_crowded_scene_makes_no_more_numbers(n):
    found = scene(n, n, frames=200, recall=0.93, weak=0.1, spread=900)
    assert len(set(ours(found, TrackerSettings()).values())) <= len(set(theirs(found).values()))
