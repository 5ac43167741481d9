import bz2
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from detectors.interchange import (
    InterchangeError,
    join,
    read_mot,
    read_otdet,
    read_ottrk,
    to_tracks,
    track_boxes,
    write_mot,
)
from tests import builders

START_S = 1582204260.0


def detection(x=10.0, y=20.0, w=4.0, h=8.0, **more):
    return {"class": "car", "confidence": 0.9, "x": x, "y": y, "w": w, "h": h, **more}


def write(path, document):
    path.write_bytes(bz2.compress(json.dumps(document).encode()))
    return path


def metadata(version="1.3", **more):
    model = {"classes": {"0": "car", "1": "bicyclist"}}
    video = {"width": 800, "height": 600}
    return {"otdet_version": version, "video": video, "detection": {"model": model}, **more}


def otdet(path, version="1.3", occurrence=START_S):
    data = {
        "1": {"detections": [detection()], "occurrence": occurrence},
        "2": {"detections": [], "occurrence": occurrence},
    }
    return write(path, {"metadata": metadata(version), "data": data})


def ottrk(path, run="run", group=0, tracks=(1,), start_s=START_S, n=5):
    home = "/".join(["", "home", "somebody", "clip.otdet"])
    boxes = [
        detection(x=10.0 + 0.5 * i, frame=i + 1, occurrence=start_s + i / 20, input_file_path=home, **{"track-id": t})
        for i in range(n)
        for t in tracks
    ]
    tracking = {"tracking_run_id": run, "frame_group": group}
    return write(path, {"metadata": metadata(tracking=tracking), "data": {"detections": boxes}})


@pytest.mark.parametrize(("version", "left_top"), [("1.0", (8.0, 16.0)), ("1.1", (10.0, 20.0)), ("1.3", (10.0, 20.0))])
def test_x_and_y_are_a_centre_or_a_corner_as_the_version_says(tmp_path, version, left_top):
    foreign = read_otdet(otdet(tmp_path / "a.otdet", version))
    (row,) = foreign.boxes.select("left_px", "top_px", "right_px", "bottom_px").rows()
    left, top = left_top
    assert row == (left, top, left + 4, top + 8)
    assert foreign.size_px == (800, 600)
    assert foreign.classes == ("car", "bicyclist")


@pytest.mark.parametrize("occurrence", [START_S, "2020-02-20 13:11:00.000000"], ids=["seconds", "text"])
def test_times_are_seconds_or_text(tmp_path, occurrence):
    assert read_otdet(otdet(tmp_path / "a.otdet", occurrence=occurrence)).boxes["time_s"].to_list() == [START_S]


def test_no_path_of_another_machine_is_kept(tmp_path):
    foreign = read_ottrk(ottrk(tmp_path / "a.ottrk"))
    assert "somebody" not in foreign.boxes.write_csv()
    assert "input_file_path" not in foreign.boxes.columns


def test_tracks_of_one_run_go_on_and_others_are_apart(tmp_path):
    first = read_ottrk(ottrk(tmp_path / "a.ottrk"))
    second = read_ottrk(ottrk(tmp_path / "b.ottrk", start_s=START_S + 10))
    other = read_ottrk(ottrk(tmp_path / "c.ottrk", run="another", start_s=START_S + 20))
    tracks = to_tracks(join([first, second, other]), recording_id="r")
    assert tracks["track_id"].unique().sort().to_list() == [1, 2]
    assert sorted(tracks["track_id"].value_counts()["count"].to_list()) == [5, 10]
    assert tracks["frame"].to_list() == [*range(10, 15), *range(10)]
    assert tracks["time_utc"].min() == datetime.fromtimestamp(START_S, UTC)


def test_a_track_has_the_class_its_boxes_vote_for(tmp_path):
    foreign = read_ottrk(ottrk(tmp_path / "a.ottrk", n=3))
    mixed = foreign.boxes.with_columns(
        label=pl.Series(["delivery_van", "private_van", "car"]), confidence=pl.Series([0.4, 0.4, 0.7])
    )
    tracks = to_tracks(type(foreign)((), None, mixed), recording_id="r")
    assert tracks["road_user"].unique().to_list() == ["van"]


def test_labels_passant_does_not_count_are_left_out(tmp_path):
    foreign = read_ottrk(ottrk(tmp_path / "a.ottrk", n=3))
    other = foreign.boxes.with_columns(label=pl.lit("other"))
    assert to_tracks(type(foreign)((), None, other), recording_id="r").is_empty()


def test_boxes_are_followed_without_a_video(tmp_path):
    foreign = read_ottrk(ottrk(tmp_path / "a.ottrk", n=12))
    followed = track_boxes(foreign, recording_id="r")
    own = to_tracks(foreign, recording_id="r")
    columns = ["track_id", "frame", "time_utc", "left_px", "bottom_px"]
    assert followed.select(columns).equals(own.select(columns))


def test_nothing_to_follow_gives_no_tracks(tmp_path):
    foreign = read_ottrk(ottrk(tmp_path / "a.ottrk", n=0))
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


NOT_USABLE = {
    "not compressed": (lambda p: p.write_bytes(b"{}") and p, "not bz2-compressed JSON"),
    "absent": (lambda p: p, "not bz2-compressed JSON"),
    "not JSON": (lambda p: p.write_bytes(bz2.compress(b"{")) and p, "not bz2-compressed JSON"),
    "no data": (lambda p: write(p, {"metadata": {}}), "data: missing"),
    "no version": (lambda p: otdet(p, ""), "metadata.otdet_version"),
    "no confidence": (
        lambda p: write(
            p, {"metadata": metadata(), "data": {"1": {"detections": [{"class": "car"}], "occurrence": 0.0}}}
        ),
        "'x'",
    ),
}


@pytest.mark.parametrize("case", NOT_USABLE)
def test_files_that_cannot_be_used_are_named(tmp_path, case):
    make, message = NOT_USABLE[case]
    path = make(tmp_path / "a.otdet")
    with pytest.raises(InterchangeError, match=message) as error:
        read_otdet(path if isinstance(path, Path) else tmp_path / "a.otdet")
    assert "a.otdet" in str(error.value)


def test_a_file_that_is_no_mot_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("frame,id\n")
    with pytest.raises(InterchangeError, match="frame,id,left,top,width,height,confidence"):
        read_mot(path, fps=25)
