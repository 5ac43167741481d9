import csv
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from dashboards.operator.documents import (
    Drawing,
    drawings,
    junctions,
    with_camera,
    with_drawings,
    with_junctions,
)
from dashboards.operator.new_site import start_pattern
from dashboards.operator.points import calibrated, read_points, with_points
from dashboards.operator.yaml_edits import with_value
from geo.ground_plane import CalibrationError
from geo.site import read_site
from tests import builders

TABS = ("image", "place", "points", "drawing", "tracks", "save")


# Drawings to files and back.

NEW = {
    "ground_line": Drawing(
        "ground_line",
        ((2.0, 1.0), (2.0, 9.0), (3.0, 10.5)),
        {"line_id": "new", "name": "New", "forward": "in", "backward": "out", "role": "stop_line", "camera_id": "pole"},
    ),
    "zone": Drawing(
        "zone",
        ((1.0, 1.0), (5.0, 1.0), (5.0, 4.0)),
        {"zone_id": "new", "name": "Neu", "purpose": "queue", "camera_id": "pole"},
    ),
    "image_line": Drawing(
        "image_line",
        ((10.0, 10.0), (20.0, 50.0), (30.0, 90.5)),
        {"line_id": "new", "name": "New", "forward": "in", "backward": "out"},
    ),
    "mask": Drawing("mask", ((0.0, 0.0), (30.0, 0.0), (30.0, 20.5))),
}


@pytest.mark.parametrize("kind", NEW)
def test_a_drawing_is_read_as_it_was_drawn(kind):
    documents = builders.site_documents()
    before = drawings(documents, "pole")
    changed = with_drawings(documents, "pole", [*before, NEW[kind]])
    again = [d for d in drawings(changed, "pole") if d.kind == kind][-1]
    np.testing.assert_allclose(again.corners, NEW[kind].corners, atol=0.002)
    assert again.properties == NEW[kind].properties
    assert sum(documents.get(name) != text for name, text in changed.items()) == 1
    site = read_site(changed, "crossroads")
    of_site = {
        "ground_line": [line.path for line in site.lines if line.line_id == "new"],
        "image_line": [line.path for line in site.lines if line.line_id == "new"],
        "zone": [zone.outline_m for zone in site.zones if zone.zone_id == "new"],
        "mask": site.camera("pole").privacy_masks_px,
    }[kind]
    np.testing.assert_allclose(of_site[0], NEW[kind].corners, atol=0.002)


def test_what_is_not_changed_keeps_its_text():
    documents = builders.site_documents()
    assert with_drawings(documents, "pole", drawings(documents, "pole")) == documents


def test_other_cameras_and_foreign_columns_stay():
    documents = builders.site_documents()
    lines = json.loads(documents["lines.geojson"])
    lines["name"] = "of a GIS"
    lines["features"][0]["properties"]["surveyed"] = "by hand"
    other = builders.feature("LineString", [(1, 1), (2, 2)], line_id="o", camera_id="other")
    lines["features"].append(other)
    documents["lines.geojson"] = json.dumps(lines)
    changed = with_drawings(documents, "pole", [*drawings(documents, "pole"), NEW["ground_line"]])
    written = json.loads(changed["lines.geojson"])
    assert written["name"] == "of a GIS"
    assert other in written["features"]
    kept = next(f for f in written["features"] if f["properties"]["line_id"] == "gate")
    assert kept["properties"]["surveyed"] == "by hand"


def test_a_drawing_can_be_removed():
    documents = builders.site_documents()
    changed = with_drawings(documents, "pole", [])
    site = read_site(changed, "crossroads")
    assert site.lines == ()
    assert site.zones == ()


def test_junctions_are_written():
    documents = builders.site_documents()
    documents = with_drawings(documents, "pole", [*drawings(documents, "pole"), NEW["ground_line"]])
    wanted = [{"junction_id": "j", "name": "J", "gates": ["gate", "new"]}]
    changed = with_junctions(documents, wanted)
    assert junctions(changed) == wanted
    assert read_site(changed, "crossroads").junctions[0].gates == ("gate", "new")


# Control points.


def test_control_points_are_read_as_they_were_placed():
    documents = builders.site_documents()
    points = read_points(documents, "pole").with_pixel(None, builders.to_px(10, 4))
    assert points.complete() == list(range(8))
    points = points.with_metres(None, (10.0, 4.0))
    changed = with_points(documents, "pole", points)
    again = read_points(changed, "pole")
    assert again.pixel(8) == (100.0, 80.0)
    np.testing.assert_allclose(again.metres(8), (10, 4), atol=0.002)
    assert read_site(changed, "crossroads").calibrations["pole"].points == 9


def test_points_that_are_not_moved_keep_their_text():
    documents = {p.name: p.read_text() for p in Path("data/sites/lindenplatz").iterdir() if p.name != "scenario.yaml"}
    points = read_points(documents, "lindenplatz_pole")
    changed = with_points(documents, "lindenplatz_pole", points.with_pixel(1, (5.0, 6.0)))
    before, after = (csv.reader(d["control_points.csv"].splitlines()) for d in (documents, changed))
    unlike = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert unlike == [2]


def test_an_unfinished_point_does_not_count_and_is_not_saved():
    documents = builders.site_documents()
    points = read_points(documents, "pole").with_pixel(None, (3, 4))
    assert calibrated(documents, "pole", points).points == 8
    with pytest.raises(ValueError, match=r"control_points.csv: line 10: a value is not a number"):
        read_site(with_points(documents, "pole", points), "crossroads")


def test_a_misplaced_point_shows():
    documents = builders.site_documents()
    points = read_points(documents, "pole")
    good = calibrated(documents, "pole", points)
    worse = calibrated(documents, "pole", points.with_metres(5, (5.5, 7.0)))
    assert worse.leave_one_out_rmse_m > good.leave_one_out_rmse_m + 0.3
    assert worse.leave_one_out_m[5] > 1.0


def test_too_few_points_are_refused():
    documents = builders.site_documents()
    points = read_points(documents, "pole")
    with pytest.raises(CalibrationError, match="5 control points"):
        calibrated(documents, "pole", points.of(points.rows[:5]))


def test_a_camera_without_calibration_gets_one():
    site = builders.site_file()
    del site["cameras"][0]["calibration"]
    documents = {**builders.site_documents(), "site.yaml": yaml.safe_dump(site)}
    points = read_points(documents, "pole")
    assert points.rows == ()
    for place in [(1, 1), (15, 1), (15, 11), (1, 11), (8, 2), (4, 7), (12, 6), (7, 10)]:
        points = points.with_metres(None, place).with_pixel(None, builders.to_px(*place))
    calibration = read_site(with_points(documents, "pole", points), "crossroads").calibrations["pole"]
    assert calibration.leave_one_out_rmse_m < 0.01


# YAML.

TEXT = """\
# About the site.
name: A    # said twice
cameras:
  - camera_id: a
    masks:           # windows
      - [[0, 0], [1, 0]]

    # About the size.
    size: [4, 3]
  - {camera_id: b}
"""


@pytest.mark.parametrize(
    ("way", "kept"),
    [
        (("cameras", 0, "masks"), ["# About the site.", "# said twice", "# About the size."]),
        (("cameras", 0, "new"), ["# About the site.", "# said twice", "# About the size.", "# windows"]),
        (("name",), ["# About the site.", "# About the size.", "# windows"]),
        (("cameras", 1, "new"), []),
        (("junctions",), ["# About the site.", "# said twice", "# About the size.", "# windows"]),
    ],
)
@pytest.mark.parametrize("value", [[], [[[1.5, 2], [3, 4]]], [{"line_id": "x", "name": "Straße: 'a' #1"}], "text"])
def test_one_value_changes_and_comments_stay(way, kept, value):
    text = with_value(TEXT, way, value)
    wanted = yaml.safe_load(TEXT)
    place = wanted
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    assert yaml.safe_load(text) == wanted
    assert all(comment in text for comment in kept), text


def test_the_shipped_site_keeps_its_comments():
    documents = {p.name: p.read_text() for p in Path("data/sites/lindenplatz").iterdir() if p.name != "scenario.yaml"}
    camera = yaml.safe_load(documents["site.yaml"])["cameras"][0]["camera_id"]
    text = with_camera(documents, camera, "privacy_masks_px", [[[0, 0], [9, 0], [9, 9]]])["site.yaml"]
    assert text.count("#") >= documents["site.yaml"].count("#") - 1


# The pages.


def app(monkeypatch, data, tab="image"):
    monkeypatch.setenv("PASSANT_DATA", str(data))
    test = AppTest.from_file(Path("dashboards/operator/app.py").resolve(), default_timeout=300)
    test.session_state["tab"] = tab
    return test.run()


def by_label(elements, label):
    return next(e for e in elements if e.label == label)


@pytest.fixture
def own_data(counted_day, tmp_path):
    """The counted day to write beside: everything but the inbox and the sites is a link."""
    source, data = counted_day.settings.data, tmp_path / "data"
    data.mkdir()
    for entry in source.iterdir():
        if entry.name not in ("inbox", "sites"):
            (data / entry.name).symlink_to(entry)
    builders.write_site(data / "sites" / "crossroads")
    return data


@pytest.mark.parametrize("tab", TABS)
def test_every_step_opens(monkeypatch, own_data, tab):
    test = app(monkeypatch, own_data, tab)
    assert not test.exception
    assert not test.error
    assert test.title[0].value == "Camera set-up"


def test_control_points_show_their_errors(monkeypatch, own_data):
    metrics = {m.label: m.value for m in app(monkeypatch, own_data, "points").metric}
    assert metrics["Complete points"] == "8"
    assert metrics["Leave-one-out error"].endswith(" m")


def test_the_reference_and_the_tracks_load(monkeypatch, own_data):
    test = by_label(app(monkeypatch, own_data).button, "Load the reference frame").click().run()
    assert not test.exception
    assert any("From pole__" in c.value for c in test.caption)
    test = by_label(app(monkeypatch, own_data, "tracks").button, "Load the last recording's tracks").click().run()
    assert {m.label: m.value for m in test.metric}["Unassigned"] == "0 (0 %)"
    assert len([*(own_data / "inbox").glob("*.jsonl")]) == 1


def test_a_name_is_changed_and_saved(monkeypatch, own_data):
    test = app(monkeypatch, own_data, "drawing")
    which = next(s for s in test.selectbox if s.label == "Which one")
    which.select(0).run()
    next(t for t in test.text_input if t.label == "Name").set_value("Main gate").run()
    assert not test.exception
    test.session_state["tab"] = "save"
    test.run()
    next(b for b in test.button if b.label == "Save").click().run()
    assert not test.exception
    assert any("Saved" in i.value for i in test.info)
    assert "Main gate" in (own_data / "sites" / "crossroads" / "lines.geojson").read_text()


def test_the_lens_and_the_place_are_edited(monkeypatch, own_data):
    test = app(monkeypatch, own_data, "place")
    next(r for r in test.radio if r.label == "The lens is known by").set_value("angle").run()
    next(n for n in test.number_input if n.label.startswith("Horizontal angle")).set_value(62.5)
    [b for b in test.button if b.label == "Take over"][1].click().run()
    assert not test.exception
    site = yaml.safe_load(test.session_state.draft.documents["site.yaml"])
    assert site["cameras"][0]["lens"] == {"field_of_view_deg": 62.5}
    next(t for t in test.text_input if t.label.startswith("Coordinate")).set_value("EPSG:25832")
    by_label(test.button, "Take over").click().run()
    assert yaml.safe_load(test.session_state.draft.documents["site.yaml"])["crs"] == "EPSG:25832"


def test_a_crs_that_is_none_is_said_and_not_saved(monkeypatch, own_data):
    test = app(monkeypatch, own_data, "place")
    next(t for t in test.text_input if t.label.startswith("Coordinate")).set_value("EPSG:nowhere")
    by_label(test.button, "Take over").click().run()
    assert not test.exception
    assert "coordinate reference system" in test.error[0].value
    assert test.session_state.draft.changed == []


NEW_RECORDING = "corner_2026-06-11_09-00-00.mp4"


@pytest.fixture
def with_new_camera(own_data):
    """A recording of a camera that no site has; its file is that of the pole."""
    recordings = own_data / "recordings"
    source = recordings.resolve()
    recordings.unlink()
    (recordings / "corner").mkdir(parents=True)
    (recordings / "pole").symlink_to(source / "pole")
    (recordings / "corner" / NEW_RECORDING).symlink_to(next((source / "pole").glob("*.mp4")))
    return own_data


def new_site(monkeypatch, data, longitude=13.7376, **values):
    test = app(monkeypatch, data)
    by_label(test.button, "New site").click().run()
    for place, degrees in zip(test.number_input, (longitude, longitude and 51.0496), strict=True):
        place.set_value(degrees)
    for label, value in values.items():
        by_label(test.text_input, label.replace("_", " ")).set_value(value)
    by_label(test.button, "Make the site").click().run()
    assert not test.exception
    return test


def test_a_site_is_made_and_then_the_one_in_hand(monkeypatch, with_new_camera):
    fields = {"Name": "Corner", "Identifier": "corner_square", "Coordinate_reference_system": "EPSG:25833"}
    test = new_site(monkeypatch, with_new_camera, **fields)
    assert not test.error
    assert by_label(test.selectbox, "Site").value == "corner_square"
    assert by_label(test.selectbox, "Camera").value == "corner"
    assert yaml.safe_load((with_new_camera / "sites" / "corner_square" / "site.yaml").read_text()) == {
        "site_id": "corner_square",
        "name": "Corner",
        "time_zone": "Europe/Berlin",
        "crs": "EPSG:25833",
        "origin": [13.7376, 51.0496],
        "cameras": [{"camera_id": "corner", "size_px": [160, 120], "file_name_time": "corner_%Y-%m-%d_%H-%M-%S"}],
    }


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"Identifier": "crossroads"}, "'crossroads' is taken"),
        ({"longitude": 0.0, "Coordinate_reference_system": "EPSG:25833"}, "Origin: give the longitude"),
        ({"Identifier": "Corner Square"}, "lower-case letters, digits and _"),
        ({"Identifier": "corner_square", "Coordinate_reference_system": "EPSG:nowhere"}, "coordinate reference system"),
    ],
)
def test_a_site_that_cannot_be_made_says_why(monkeypatch, with_new_camera, fields, message):
    test = new_site(monkeypatch, with_new_camera, **fields)
    assert message in test.error[0].value
    assert [path.name for path in (with_new_camera / "sites").iterdir()] == ["crossroads"]


def test_without_a_free_camera_the_form_says_what_to_do(monkeypatch, own_data):
    test = app(monkeypatch, own_data)
    by_label(test.button, "New site").click().run()
    assert "Copy a recording to data/recordings/" in test.info[0].value
    by_label(test.button, "Cancel").click().run()
    assert by_label(test.button, "Load the reference frame")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("pole_2026-06-10_08-14-58.mp4", "pole_%Y-%m-%d_%H-%M-%S"),
        ("20260610T081458Z.100%.mkv", "%Y%m%dT%H%M%SZ.100%%"),
        ("2026-06-10 08.14.58 north.avi", "%Y-%m-%d %H.%M.%S north"),
        ("film_10.mp4", None),
    ],
)
def test_a_start_time_is_seen_in_a_file_name(name, pattern):
    assert start_pattern(name) == pattern


def test_without_an_inbox_nothing_is_shown(monkeypatch, own_data):
    (own_data / "inbox").write_text("")
    test = app(monkeypatch, own_data)
    assert "cannot be written" in test.error[0].value
    assert not test.selectbox
