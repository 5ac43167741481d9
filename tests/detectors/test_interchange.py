from datetime import UTC, datetime

import polars as pl
import pytest

from detectors.foreign_boxes import ForeignBoxes, InterchangeError, join
from detectors.interchange import read_mot, to_tracks, track_boxes, write_mot
from tests import builders

START_S = 1582204260.0


def tracked(run="run", start_s=START_S, n=5, label="car"):
    """Boxes of one track."""
    rows = {"run": run, "track": 1, "frame": pl.int_range(1, n + 1), "time_s": start_s + pl.int_range(n) / 20}
    left = 10 + pl.int_range(n) / 2
    sides = {"left_px": left, "top_px": 20.0, "right_px": left + 4, "bottom_px": 28.0}
    columns = {name: pl.lit(value) if isinstance(value, str | int | float) else value for name, value in rows.items()}
    box = {name: pl.lit(value) if isinstance(value, float) else value for name, value in sides.items()}
    return ForeignBoxes((), None, pl.select(**columns, label=pl.lit(label), confidence=pl.lit(0.9), **box))


def test_tracks_of_one_run_go_on_and_others_are_apart():
    parts = [tracked(), tracked(start_s=START_S + 10), tracked("another", START_S + 20)]
    tracks = to_tracks(join(parts), recording_id="r")
    assert tracks["track_id"].unique().sort().to_list() == [1, 2]
    assert sorted(tracks["track_id"].value_counts()["count"].to_list()) == [5, 10]
    assert tracks["frame"].to_list() == [*range(10, 15), *range(10)]
    assert tracks["time_utc"].min() == datetime.fromtimestamp(START_S, UTC)


def test_a_track_has_the_class_its_boxes_vote_for():
    foreign = tracked(n=3)
    mixed = foreign.boxes.with_columns(
        label=pl.Series(["delivery_van", "private_van", "car"]), confidence=pl.Series([0.4, 0.4, 0.7])
    )
    tracks = to_tracks(ForeignBoxes((), None, mixed), recording_id="r")
    assert tracks["road_user"].unique().to_list() == ["van"]


def test_labels_passant_does_not_count_are_left_out():
    foreign = tracked(n=3)
    other = foreign.boxes.with_columns(label=pl.lit("other"))
    assert to_tracks(ForeignBoxes((), None, other), recording_id="r").is_empty()


def test_boxes_are_followed_without_a_video():
    foreign = tracked(n=12)
    followed = track_boxes(foreign, recording_id="r")
    own = to_tracks(foreign, recording_id="r")
    columns = ["track_id", "frame", "time_utc", "left_px", "bottom_px"]
    assert followed.select(columns).equals(own.select(columns))


def test_nothing_to_follow_gives_no_tracks():
    foreign = tracked(n=0)
    assert track_boxes(foreign, recording_id="r").is_empty()
    assert to_tracks(foreign, recording_id="r").is_empty()


def test_mot_there_and_back(tmp_path):
    tracks = builders.tracks(
        (1, [(i / 10, 50.0 + i, 60.0) for i in range(5)]), (2, [(i / 10, 90.0, 70.0) for i in range(3)])
    )
    write_mot(tracks, tmp_path / "a.txt")
    first = (tmp_path / "a.txt").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert [float(v) for v in first] == [1, 1, 44, 30, 12, 30, 0.9, -1, -1, -1]
    back = to_tracks(read_mot(tmp_path / "a.txt", fps=10), recording_id="r", start_utc=builders.START)
    assert back.drop("confidence").equals(tracks.drop("confidence"))


def test_mot_ground_truth_and_detections(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text(
        "1,1,10,20,4,8,1,1,1\n1,2,50,20,4,8,0,1,1\n2,-1,11,20,4,8,0.5\n".replace("1,1,1\n2,-1", "1,1,1\n2,-1")
    )
    foreign = read_mot(path, fps=25)
    assert foreign.boxes["track"].to_list() == [1, None]
    assert foreign.boxes["time_s"].to_list() == [0.0, 0.04]


def test_a_file_that_is_no_mot_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("frame,id\n")
    with pytest.raises(InterchangeError, match="frame,id,left,top,width,height,confidence"):
        read_mot(path, fps=25)
