import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from detectors.foreign_boxes import InterchangeError
from detectors.interchange import write_mot
from geo.site import read_site
from pipelines.stages.replay import replay
from tests import builders

DRESDEN = Path("../shared/oracles/dresden_junction")


def dresden_site():
    """The four lines of the manual count as gates of a junction, by the middle of the boxes."""
    truth = json.loads((DRESDEN / "truth.json").read_text(encoding="utf-8"))
    lines = [
        {"line_id": n.lower(), "name": n, "path_px": p, "forward": "in", "backward": "out", "anchor": [0.5, 0.5]}
        for n, p in truth["lines_px"].items()
    ]
    camera = {"camera_id": "pole", "size_px": truth["size_px"], "counting_lines": lines}
    junction = {"junction_id": "crossing", "name": "Crossing", "gates": [line["line_id"] for line in lines]}
    described = {"site_id": "dresden", "name": "Dresden", "time_zone": "UTC", "cameras": [camera]}
    return truth, read_site({"site.yaml": yaml.safe_dump({**described, "junctions": [junction]})}, "dresden")


@pytest.mark.oracle
@pytest.mark.skipif(not DRESDEN.is_dir(), reason=f"{DRESDEN} is absent: its manual count cannot be compared")
@pytest.mark.parametrize("ending", ["ottrk", "otdet"], ids=["their tracks", "their boxes, our tracker"])
def test_the_manual_movements_are_found(ending):
    truth, site = dresden_site()
    found = replay(sorted(DRESDEN.glob(f"*.{ending}")), site, "pole").movements
    by_hand = Counter(
        (
            {"delivery_van": "van", "bicyclist": "cyclist"}.get(f["road_user"], f["road_user"]),
            f["from"].lower(),
            f["to"].lower(),
        )
        for f in truth["flows"]
    )
    # The clip ends before the middle of the last car has reached the East line: it is shown without an exit.
    by_hand -= Counter([("car", "west", "east")])
    assigned = found.drop_nulls(["entry_line_id", "exit_line_id"])
    ours = Counter(assigned.select("road_user", "entry_line_id", "exit_line_id").iter_rows())
    assert {k: n for k, n in ours.items() if k[0] != "pedestrian"} == by_hand
    # So is one more car, which comes in by West half a second before the end.
    assert found.filter(road_user="car", entry_line_id="west")["exit_line_id"].null_count() == 2


def mot(path):
    tracks = builders.tracks((1, [(i / 10, 60.0 + 2 * i, 60.0) for i in range(20)]))
    write_mot(tracks, path)
    return path


@pytest.mark.parametrize("follow_anew", [False, True])
def test_saved_boxes_are_counted_without_a_video(tmp_path, follow_anew):
    found = replay(
        [mot(tmp_path / "a.txt")], builders.site(), "pole", follow_anew=follow_anew, start_utc=builders.START, fps=10
    )
    assert found.tracks.height == 20
    assert found.crossings["line_id"].sort().to_list() == ["gate", "gate_px"]
    assert found.crossings["direction"].unique().to_list() == ["forward"]
    assert found.movements.is_empty()


def test_what_cannot_be_replayed_is_named(tmp_path):
    with pytest.raises(InterchangeError, match=r"a\.txt.*fps"):
        replay([mot(tmp_path / "a.txt")], builders.site(), "pole")
    with pytest.raises(InterchangeError, match=r"a\.csv.*\.otdet"):
        replay([tmp_path / "a.csv"], builders.site(), "pole")


@pytest.mark.oracle
@pytest.mark.skipif(not DRESDEN.is_dir(), reason=f"{DRESDEN} is absent: no file of another picture size")
def test_another_picture_size_is_refused():
    with pytest.raises(InterchangeError, match="Choose the camera"):
        replay(sorted(DRESDEN.glob("*.ottrk")), builders.site(), "pole")
