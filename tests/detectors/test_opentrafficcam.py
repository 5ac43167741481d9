"""OpenTrafficCam files: every layout of them, read as whole columns or object by object, to the same boxes."""

import bz2
import json
from pathlib import Path

import pytest

from detectors import opentrafficcam
from detectors.foreign_boxes import InterchangeError
from detectors.opentrafficcam import read_all, read_otdet, read_ottrk

START_S = 1582204260.0
DRESDEN = Path("../shared/oracles/dresden_junction")


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
    paths = [ottrk(tmp_path / "a.ottrk"), ottrk(tmp_path / "b.ottrk", start_s=START_S + 10)]
    paths.append(ottrk(tmp_path / "c.ottrk", run="another", start_s=START_S + 20))
    boxes = read_all(paths).boxes
    assert boxes["run"].to_list() == ["run#0"] * 10 + ["another#0"] * 5
    assert boxes["time_s"].is_sorted()


def columns_only(monkeypatch):
    """Takes the general way away."""
    monkeypatch.setattr(opentrafficcam, "_tracks_of_any", None)


def objects_only(monkeypatch):
    """Takes the quick way away."""
    monkeypatch.setattr(opentrafficcam, "_tracks_of_today", lambda content: None)


@pytest.mark.oracle
@pytest.mark.skipif(not DRESDEN.is_dir(), reason=f"{DRESDEN} is absent: no file of OTVision's own")
def test_both_ways_of_reading_say_the_same_of_real_files(monkeypatch):
    paths = sorted(DRESDEN.glob("*.ottrk"))
    with monkeypatch.context() as patch:
        columns_only(patch)
        quick = [read_ottrk(path) for path in paths]
    objects_only(monkeypatch)
    for path, found in zip(paths, quick, strict=True):
        other = read_ottrk(path)
        assert found.boxes.equals(other.boxes)
        assert (found.classes, found.size_px) == (other.classes, other.size_px)


UNUSUAL = {
    "data before metadata": lambda document: {"data": document["data"], "metadata": document["metadata"]},
    "time as text": lambda document: with_boxes(document, occurrence="2020-02-20 13:11:00.000000"),
    "a long head": lambda document: {
        "metadata": {**document["metadata"], "note": "x" * (1 << 17)},
        "data": document["data"],
    },
    "whole numbers": lambda document: with_boxes(document, x=10, confidence=1),
    "more in a box": lambda document: with_boxes(document, colour="red"),
}


def with_boxes(document, **more):
    boxes = [{**box, **more} for box in document["data"]["detections"]]
    return {"metadata": document["metadata"], "data": {"detections": boxes}}


@pytest.mark.parametrize("case", UNUSUAL)
def test_any_layout_is_read(tmp_path, monkeypatch, case):
    document = json.loads(bz2.decompress(ottrk(tmp_path / "a.ottrk").read_bytes()))
    path = write(tmp_path / "a.ottrk", UNUSUAL[case](document))
    found = read_ottrk(path)
    assert found.boxes.height == 5
    objects_only(monkeypatch)
    assert found.boxes.equals(read_ottrk(path).boxes)
    assert found.classes == read_ottrk(path).classes == ("car", "bicyclist")


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
        "'confidence'",
    ),
}


@pytest.mark.parametrize("case", NOT_USABLE)
def test_files_that_cannot_be_used_are_named(tmp_path, case):
    make, message = NOT_USABLE[case]
    path = make(tmp_path / "a.otdet")
    with pytest.raises(InterchangeError, match=message) as error:
        read_otdet(path if isinstance(path, Path) else tmp_path / "a.otdet")
    assert "a.otdet" in str(error.value)


def test_a_file_without_boxes_is_read(tmp_path):
    assert read_ottrk(ottrk(tmp_path / "a.ottrk", n=0)).boxes.is_empty()


@pytest.mark.parametrize("document", [3, [], None, {"metadata": [], "data": {"detections": []}}])
def test_a_file_of_something_else_is_named(tmp_path, document):
    with pytest.raises(InterchangeError, match=r"a\.ottrk: metadata: missing"):
        read_ottrk(write(tmp_path / "a.ottrk", document))


def test_a_track_without_a_number_is_named(tmp_path):
    document = json.loads(bz2.decompress(ottrk(tmp_path / "a.ottrk").read_bytes()))
    del document["data"]["detections"][3]["track-id"]
    with pytest.raises(InterchangeError, match=r"a\.ottrk: data: a detection has no 'track-id'"):
        read_ottrk(write(tmp_path / "a.ottrk", document))
