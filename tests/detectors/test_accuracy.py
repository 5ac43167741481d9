"""Against TrackEval on the same boxes, and by hand where the answer is plain."""

import contextlib
import io

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.accuracy import score
from detectors.boxes import SIDES, overlap

COLUMNS = ["recording_id", "track_id", "frame", *SIDES]


def table(*rows):
    """(recording, track, frame, left, top) -> boxes of 10 x 20 px."""
    return pl.DataFrame(
        [(r, t, f, x, y, x + 10.0, y + 20.0) for r, t, f, x, y in rows],
        schema=dict.fromkeys(COLUMNS[:1], pl.String)
        | dict.fromkeys(COLUMNS[1:3], pl.UInt32)
        | dict.fromkeys(SIDES, pl.Float64),
        orient="row",
    )


def line(track, frames, x=0.0, y=0.0, step=2.0, recording="r"):
    return [(recording, track, f, x + step * f, y) for f in frames]


TRUE = table(*line(1, range(10)), *line(2, range(10), y=100))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (TRUE, {"hota": 1, "mota": 1, "idf1": 1, "matched": 20, "switches": 0}),
        (table(), {"hota": 0, "mota": 0, "idf1": 0, "missed": 20, "tracks": 0}),
        (table(*line(1, range(10))), {"mota": 0.5, "idf1": 2 / 3, "missed": 10, "false": 0}),
        (table(*line(1, range(10)), *line(2, range(10), y=500)), {"mota": 0.0, "idf1": 0.5, "false": 10}),
        (
            table(*line(1, range(5)), *line(3, range(5, 10)), *line(2, range(10), y=100)),
            {"mota": 0.95, "idf1": 0.75, "switches": 1, "det_a": 1, "ass_a": 0.75},
        ),
    ],
    ids=["perfect", "nothing found", "one missed", "one missed, one false", "a track broken in two"],
)
def test_plain_cases(found, expected):
    scores = score(found, TRUE)
    assert {name: getattr(scores, name) for name in expected} == pytest.approx(expected)


def wander(seed, n, frames, recording="r", drop=0.2, swap=0.05, noise=2.0):
    """Random walks as truth; the same, noisy, with misses, phantoms and exchanged numbers as found."""
    rng = np.random.default_rng(seed)
    way = rng.uniform(0, 80, (n, 1, 2)) + np.cumsum(rng.normal(0, 3, (n, frames, 2)), axis=1)
    number = np.arange(n)
    true, found = [], []
    for frame in range(frames):
        if rng.random() < swap * n:
            a, b = rng.choice(n, 2, replace=False)
            number[[a, b]] = number[[b, a]]
        for i in range(n):
            if rng.random() > 0.1:
                true.append((recording, i, frame, *way[i, frame]))
            if rng.random() > drop:
                found.append((recording, int(number[i]), frame, *(way[i, frame] + rng.normal(0, noise, 2))))
        if rng.random() < 0.3:
            found.append((recording, n + int(rng.integers(3)), frame, *rng.uniform(0, 80, 2)))
    return table(*found), table(*true)


def trackevals(found, true):
    """What TrackEval says of one sequence."""
    import trackeval

    frames = sorted(set(found["frame"]) | set(true["frame"]))
    data = {"num_timesteps": len(frames), "similarity_scores": []}
    for name, t in (("gt", true), ("tracker", found)):
        ids = {number: i for i, number in enumerate(sorted(set(t["track_id"])))}
        data |= {f"num_{name}_ids": len(ids), f"num_{name}_dets": t.height}
        by_frame = [t.filter(pl.col("frame") == f).sort("track_id") for f in frames]
        data[f"{name}_ids"] = [np.array([ids[i] for i in g["track_id"]], dtype=int) for g in by_frame]
        data[f"{name}_boxes"] = [g.select(SIDES).to_numpy() for g in by_frame]
    pairs = zip(data["gt_boxes"], data["tracker_boxes"], strict=True)
    data["similarity_scores"] = [overlap(a, b) for a, b in pairs]
    with contextlib.redirect_stdout(io.StringIO()):
        metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(), trackeval.metrics.Identity()]
        return metrics, [m.eval_sequence(data) for m in metrics]


def agree(scores, hota, clear, identity):
    theirs = {
        "hota": hota["HOTA"].mean(),
        "det_a": hota["DetA"].mean(),
        "ass_a": hota["AssA"].mean(),
        "loc_a": hota["LocA"].mean(),
        "mota": clear["MOTA"],
        "motp": clear["MOTP"],
        "idf1": identity["IDF1"],
        "matched": clear["CLR_TP"],
        "missed": clear["CLR_FN"],
        "false": clear["CLR_FP"],
        "switches": clear["IDSW"],
    }
    assert {name: getattr(scores, name) for name in theirs} == pytest.approx(theirs, abs=1e-9, rel=0)


@pytest.mark.parametrize("changes", [{}, {"drop": 0.6}, {"swap": 0.3}, {"noise": 6.0}, {"drop": 1.0}], ids=str)
@pytest.mark.parametrize("n", [1, 4, 12])
def test_scores_are_those_of_trackeval(n, changes):
    changes = {**changes, "swap": 0.0} if n == 1 else changes
    found, true = wander(n, n, 25, **changes)
    agree(score(found, true), *trackevals(found, true)[1])


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.floats(0, 0.9), st.floats(0, 10))
def test_scores_are_those_of_trackeval_whatever_the_scene(seed, n, drop, noise):
    found, true = wander(seed, n, 8, drop=drop, noise=noise)
    agree(score(found, true), *trackevals(found, true)[1])


def test_several_recordings_combine_as_sequences_do():
    scenes = [wander(seed, 5, 20, recording=name) for seed, name in enumerate("abc")]
    metrics, _ = trackevals(*scenes[0])
    each = [trackevals(*scene)[1] for scene in scenes]
    combined = [m.combine_sequences({str(i): e[k] for i, e in enumerate(each)}) for k, m in enumerate(metrics)]
    found, true = (pl.concat([scene[side] for scene in scenes]) for side in (0, 1))
    agree(score(found, true), *combined)


def test_no_truth_scores_nothing():
    scores = score(TRUE, table())
    assert (scores.mota, scores.idf1, scores.false) == (0.0, 0.0, 20)
