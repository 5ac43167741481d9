from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from detectors.track_video import FrameRate, Joint, track_video
from detectors.tracks import Tracks
from detectors.video import RecordingError
from tests import builders


def followed(path, detector, rate=None, **camera):
    progress = []
    parts, report = track_video(
        path,
        builders.camera(**camera),
        detector,
        recording_id="r",
        start_utc=builders.START,
        rate=rate,
        progress=progress.append,
    )
    return pl.concat([Tracks.create_empty(), *parts]), report, progress


def at(seconds):
    return builders.START + timedelta(seconds=seconds)


def test_the_report_accounts_for_every_frame_and_box(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(40))
    tracks, report, progress = followed(path, builders.two_walkers())
    assert (report.frames, report.inferred_frames, report.boxes, report.tracks) == (40, 40, 80, 2)
    assert (report.dropped_frames, report.corrupt_frames, report.decode_errors, report.joints) == (0, 0, 0, ())
    assert report.observed == ((at(0), at(4)),)
    assert tracks.height == 80
    assert progress == [8, 16, 24, 32, 40]
    assert report.stage_seconds.keys() == {"decode", "detect", "associate", "finish"}
    assert all(0 < seconds <= report.seconds for seconds in report.stage_seconds.values())


def test_displacement_is_that_of_the_fastest(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(40))
    _, report, _ = followed(path, builders.recorded(builders.walk(range(40), (20, 70), (137, 70))))
    assert report.displacement_p95 == pytest.approx(3 / 12)


def test_at_a_third_of_the_rate_every_frame_is_accounted_for_and_time_is_true(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(40))
    walk = builders.recorded(builders.walk(range(40), (20, 70), (98, 70)))
    tracks, report, _ = followed(path, walk, FrameRate(every=3))
    assert (report.frames, report.inferred_frames, report.boxes) == (40, 14, 14)
    assert report.observed == ((at(0), at(4)),)
    assert tracks["frame"].to_list() == list(range(0, 40, 3))
    assert tracks["time_utc"].to_list() == [at(n / 10) for n in range(0, 40, 3)]
    assert report.displacement_p95 == pytest.approx(3 * 2 / 12)


def test_nothing_seen_is_reported_as_nothing(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(10))
    tracks, report, _ = followed(path, builders.recorded([builders.box(99, 50, 50)]))
    assert tracks.is_empty()
    assert (report.boxes, report.tracks, report.displacement_p95) == (0, 0, None)


def test_a_gap_longer_than_patience_is_bridged_and_said(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(40))
    way = builders.walk(range(40), (20, 70), (98, 70))
    tracks, report, _ = followed(path, builders.recorded(way[:12] + way[28:]))
    assert tracks["track_id"].unique().to_list() == [1]
    assert report.joints == (Joint(1, at(1.1), at(2.8)),)


def test_a_box_cut_by_the_edge_is_completed(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(40))
    way = [builders.box(i, 10 + 4 * i, 70, width=30.0) for i in range(40)]
    for box in way:
        box["left_px"], box["right_px"] = max(box["left_px"], 0.0), min(box["right_px"], 160.0)
    tracks, _, _ = followed(path, builders.recorded([b for b in way if b["right_px"] - b["left_px"] > 8]))
    middle = (tracks["left_px"] + tracks["right_px"]).to_numpy() / 2
    assert np.diff(middle) == pytest.approx(4, abs=0.01)


def test_a_recording_without_a_usable_frame_is_refused(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(10))
    with pytest.raises(RecordingError, match="zero video frames"):
        followed(path, builders.two_walkers(), size_px=(640, 480))
