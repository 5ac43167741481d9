import json

import numpy as np
import pytest
import yaml

from geo.site import SiteError, read_site
from tests import builders


def test_a_site_is_read_in_metres():
    site = builders.site()
    gate = next(line for line in site.lines if line.line_id == "gate")
    assert gate.space == "ground"
    assert np.array(gate.path) == pytest.approx(np.array([[8, 0], [8, 12]]), abs=1e-6)
    assert site.plan[0].outline_m == pytest.approx(np.array([[0, 0], [16, 0], [16, 12], [0, 12]]), abs=1e-6)
    assert [line.line_id for line in site.lines_of("pole", "image")] == ["gate_px"]


def test_lines_may_have_corners():
    corners = [(2, 1), (8, 6), (14, 1)]
    documents, _, _ = ground_line_along(corners, "")
    in_pixels = described(gate_px(start_px=None, end_px=None, path_px=[[80, 110], [70, 60], [80, 10]]))
    site = read_site({**documents, "site.yaml": in_pixels["site.yaml"]}, "s")
    paths = {line.line_id: line.path for line in site.lines}
    assert np.array(paths["a"]) == pytest.approx(np.array(corners), abs=1e-6)
    assert paths["gate_px"] == ((80, 110), (70, 60), (80, 10))


def test_a_junction_knows_its_gates():
    exit_px = {
        "line_id": "exit_px",
        "name": "Exit",
        "start_px": [20, 110],
        "end_px": [20, 10],
        "forward": "r",
        "backward": "l",
    }
    document = builders.site_file(junctions=[{"junction_id": "j", "name": "J", "gates": ["exit_px", "gate_px"]}])
    document["cameras"][0]["counting_lines"].append(exit_px)
    site = read_site({**builders.site_documents(), "site.yaml": yaml.safe_dump(document)}, "s")
    (junction,) = site.junctions
    assert junction.camera_id == "pole"
    assert junction.gates == ("exit_px", "gate_px")
    # Both are drawn upwards; the middle is to the right of the one and to the left of the other.
    assert junction.inward == ("forward", "backward")
    assert site.junctions_of("pole") == [junction]


def test_metres_to_degrees_and_back_is_the_identity():
    places = np.random.default_rng(0).uniform(-200, 200, (50, 2))
    assert builders.FRAME.from_lonlat(builders.FRAME.to_lonlat(places)) == pytest.approx(places, abs=1e-6)


def test_the_version_changes_with_any_file():
    documents = builders.site_documents()
    changed = {**documents, "control_points.csv": documents["control_points.csv"] + "\n"}
    assert read_site(documents, "s").version == builders.site().version
    assert read_site(changed, "s").version != builders.site().version


def test_an_uncalibrated_site_needs_no_coordinates():
    described = builders.site_file(crs=None, origin=None)
    described["cameras"][0]["calibration"] = None
    site = read_site({"site.yaml": yaml.safe_dump(described)}, "s")
    assert site.frame is None
    assert site.calibrations == {}
    assert site.calibration_note("pole") is None


def described(change):
    document = builders.site_file()
    change(document)
    return {**builders.site_documents(), "site.yaml": yaml.safe_dump(document)}


def camera(change):
    return lambda document: document["cameras"][0].update(change)


def with_lines(*features):
    return {**builders.site_documents(), "lines.geojson": builders.collection(*features)}


def gate_feature(**changes):
    gate = {"line_id": "gate", "name": "Gate", "camera_id": "pole", "forward": "east", "backward": "west"}
    return builders.feature("LineString", [(8, 0), (8, 12)], **{**gate, **changes})


def with_zones(*features):
    return {**builders.site_documents(), "zones.geojson": builders.collection(*features)}


def zone_feature(kind="Polygon", points=((1, 1), (5, 1), (5, 5)), coordinates=None, **changes):
    zone = {"zone_id": "bay", "name": "Bay", "camera_id": "pole", "purpose": "waiting"}
    feature = builders.feature("Polygon", list(points), **{**zone, **changes})
    feature["geometry"] = {"type": kind, "coordinates": coordinates or feature["geometry"]["coordinates"]}
    return feature


def holed():
    feature = zone_feature()
    feature["geometry"]["coordinates"] *= 2
    return feature


def gate_px(**changes):
    return lambda document: document["cameras"][0]["counting_lines"][0].update(changes)


def junction(*gates):
    return builders.site_documents(junctions=[{"junction_id": "crossing", "name": "Crossing", "gates": list(gates)}])


def in_a_row():
    document = builders.site_file(junctions=[{"junction_id": "j", "name": "J", "gates": ["gate_px", "next_px"]}])
    lines = document["cameras"][0]["counting_lines"]
    lines.append({**lines[0], "line_id": "next_px", "start_px": [80, 10], "end_px": [80, 5]})
    return {**builders.site_documents(), "site.yaml": yaml.safe_dump(document)}


def ground_line_along(corners, message):
    names = {"line_id": "a", "name": "A", "camera_id": "pole", "forward": "f", "backward": "b"}
    line = builders.feature("LineString", corners, **names)
    return {**builders.site_documents(), "lines.geojson": builders.collection(line)}, "lines.geojson", message


MALFORMED = {
    "not YAML": ({**builders.site_documents(), "site.yaml": "site_id: [unclosed"}, "site.yaml", "not valid YAML"),
    "empty": ({**builders.site_documents(), "site.yaml": ""}, "site.yaml", "the whole file"),
    "no site file": ({"lines.geojson": "{}"}, "site.yaml", "no such file"),
    "unknown field": (described(lambda d: d.update(colour="red")), "site.yaml", "colour"),
    "missing field": (described(lambda d: d.pop("time_zone")), "site.yaml", "time_zone"),
    "no such time zone": (described(lambda d: d.update(time_zone="Europe/Atlantis")), "site.yaml", "time_zone"),
    "degrees as CRS": (described(lambda d: d.update(crs="EPSG:4326")), "site.yaml", "projected CRS"),
    "no camera": (described(lambda d: d.update(cameras=[])), "site.yaml", "cameras"),
    "two cameras of one name": (described(lambda d: d["cameras"].append(d["cameras"][0])), "site.yaml", "used twice"),
    "negative size": (described(camera({"size_px": [-1, 100]})), "site.yaml", "cameras.0.size_px"),
    "mask of two points": (
        described(camera({"privacy_masks_px": [[[0, 0], [1, 1]]]})),
        "site.yaml",
        "privacy_masks_px",
    ),
    "control points gone": (described(camera({"calibration": {"control_points": "no.csv"}})), "no.csv", "no such file"),
    "exception without reason": (
        described(camera({"calibration": {"control_points": "control_points.csv", "exception": {"reason": "why"}}})),
        "site.yaml",
        "exception",
    ),
    "control points on a line": (
        {**builders.site_documents(), "control_points.csv": builders.control_points([(i, 5) for i in range(1, 9)])},
        "control_points.csv",
        "on a line",
    ),
    "too few control points": (
        {**builders.site_documents(), "control_points.csv": builders.control_points([(1, 1), (9, 1), (9, 8), (1, 8)])},
        "control_points.csv",
        "at least 6",
    ),
    "lines are no GeoJSON": (
        {**builders.site_documents(), "lines.geojson": "[]"},
        "lines.geojson",
        "FeatureCollection",
    ),
    "line without a camera": (
        {
            **builders.site_documents(),
            "lines.geojson": builders.collection(builders.feature("LineString", [(0, 0), (1, 1)])),
        },
        "lines.geojson",
        "line_id: missing",
    ),
    "line with one point": ground_line_along([(0, 0)], "too few points"),
    "line with a corner twice": ground_line_along([(0, 0), (1, 1), (1, 1)], "same point twice"),
    "line that crosses itself": ground_line_along([(0, 0), (2, 2), (2, 0), (0, 2)], "crosses itself"),
    "image line with one end": (described(gate_px(end_px=None)), "site.yaml", "gate_px needs either"),
    "image line with ends and path": (
        described(gate_px(path_px=[[0, 0], [9, 9]])),
        "site.yaml",
        "gate_px needs either",
    ),
    "image line that crosses itself": (
        described(gate_px(start_px=None, end_px=None, path_px=[[0, 0], [20, 20], [20, 0], [0, 20]])),
        "site.yaml",
        "crosses itself",
    ),
    "junction with an unknown gate": (junction("gate", "mast"), "site.yaml", "no counting line 'mast'"),
    "junction with one gate": (junction("gate"), "site.yaml", "junctions.0.gates"),
    "junction with a gate twice": (junction("gate", "gate"), "site.yaml", "used twice"),
    "junction of gates in a row": (in_a_row(), "site.yaml", "inside from outside"),
    "junction of pixels and metres": (junction("gate", "gate_px"), "site.yaml", "some in metres"),
    "line of an unknown camera": (
        {
            **builders.site_documents(),
            "lines.geojson": builders.collection(
                builders.feature(
                    "LineString", [(0, 0), (1, 1)], line_id="a", name="A", camera_id="mast", forward="f", backward="b"
                )
            ),
        },
        "lines.geojson",
        "no camera 'mast'",
    ),
    "point for a line": (
        {
            **builders.site_documents(),
            "lines.geojson": json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [
                        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
                    ],
                }
            ),
        },
        "lines.geojson",
        "Draw a LineString",
    ),
    "line without a role there is": (
        with_lines(gate_feature(role="fence")),
        "lines.geojson",
        "feature 1 (gate): role",
    ),
    "zone in two parts": (
        with_zones(zone_feature("MultiPolygon")),
        "zones.geojson",
        "feature 1 (bay): geometry: is a MultiPolygon. Split",
    ),
    "zone of no purpose": (with_zones(zone_feature(purpose="fun")), "zones.geojson", "feature 1 (bay): purpose"),
    "zone of an unknown camera": (with_zones(zone_feature(camera_id="mast")), "zones.geojson", "no camera 'mast'"),
    "zone that crosses itself": (
        with_zones(zone_feature(points=[(1, 1), (5, 5), (5, 1), (1, 5)])),
        "zones.geojson",
        "crosses itself",
    ),
    "two zones of one name": (with_zones(zone_feature(), zone_feature()), "zones.geojson", "used twice"),
    "zone with a hole": (with_zones(holed()), "zones.geojson", "has a hole"),
    "zone in metres": (
        with_zones(zone_feature(coordinates=[[[411e3, 565e4], [412e3, 565e4], [411e3, 566e4], [411e3, 565e4]]])),
        "zones.geojson",
        "EPSG:4326",
    ),
    "zone of two points": (with_zones(zone_feature(points=[(1, 1), (2, 2)])), "zones.geojson", "too few points"),
    "zone of text": (with_zones(zone_feature(coordinates="here")), "zones.geojson", "coordinates cannot be read"),
    "view that overlaps itself": (
        described(lambda d: d.update(overlapping_views=[["pole", "pole"]])),
        "site.yaml",
        "overlapping_views",
    ),
    "lines without coordinates": (
        described(lambda d: (d.update(crs=None, origin=None), d["cameras"][0].update(calibration=None))),
        "lines.geojson",
        "no crs and origin",
    ),
}


@pytest.mark.parametrize("case", MALFORMED, ids=list(MALFORMED))
def test_malformed_files_are_named_with_field_and_fix(case):
    documents, file, field = MALFORMED[case]
    with pytest.raises(SiteError) as error:
        read_site(documents, "sites/crossroads")
    message = str(error.value)
    assert f"sites/crossroads/{file}" in message
    assert field in message
    assert message.endswith(".")


def test_zones_are_read_in_metres_and_found_by_camera_and_purpose():
    site = read_site(with_zones(zone_feature(), zone_feature(zone_id="bay2", purpose="queue")), "s")
    (bay,) = site.zones_of("pole", "waiting")
    assert bay.zone_id == "bay"
    assert bay.outline_m == pytest.approx(np.array([[1, 1], [5, 1], [5, 5]]), abs=1e-6)
    assert [zone.zone_id for zone in site.zones_of("pole", "queue")] == ["bay2"]


def test_overlapping_views_are_declared():
    described = builders.site_file(overlapping_views=[["pole", "mast"]])
    described["cameras"].append({"camera_id": "mast", "size_px": [100, 100]})
    site = read_site({**builders.site_documents(), "site.yaml": yaml.safe_dump(described)}, "s")
    assert site.overlapping_views == (("pole", "mast"),)
    with pytest.raises(SiteError, match="overlapping_views"):
        builders.site(overlapping_views=[["pole", "mast"]])


def test_a_line_counts_unless_it_is_a_stop_line():
    roles = {line.role for line in read_site(with_lines(gate_feature()), "s").lines}
    assert roles == {"counting"}
    stop = read_site(with_lines(gate_feature(role="stop_line")), "s").lines_of("pole", "ground")
    assert [line.role for line in stop] == ["stop_line"]


def test_an_unknown_camera_is_named_with_those_there_are():
    with pytest.raises(SiteError, match="no camera 'mast'.*pole"):
        builders.site().camera("mast")


def test_an_exception_stands_beside_the_numbers():
    reason = "only four points could be surveyed"
    exception = {"reason": reason, "recorded_by": "tests", "recorded_on": "2026-01-01"}
    documents = described(camera({"calibration": {"control_points": "control_points.csv", "exception": exception}}))
    documents["control_points.csv"] = builders.control_points([(1, 1), (15, 1), (14, 11), (1, 10), (7, 7)])
    note = read_site(documents, "s").calibration_note("pole")
    assert "5 control points" in note
    assert reason in note


def test_a_field_of_view_is_an_ideal_lens_through_the_middle():
    lens = read_site(described(camera({"lens": {"field_of_view_deg": 90}})), "s").camera("pole").lens
    assert (lens.focal_px, lens.centre_px) == (pytest.approx(80.0), (80.0, 60.0))
    assert lens.distort(np.array([[3.0, 4.0]])) == pytest.approx(np.array([[3.0, 4.0]]))


def test_a_lens_is_read_whole():
    written = {"focal_px": 150.0, "centre_px": [81.0, 59.0], "k1": -0.2, "k2": 0.03, "p1": 0.001, "p2": -0.001}
    lens = read_site(described(camera({"lens": written})), "s").camera("pole").lens
    assert (lens.focal_px, lens.centre_px) == (150.0, (81.0, 59.0))
    assert (lens.k1, lens.k2, lens.p1, lens.p2) == (-0.2, 0.03, 0.001, -0.001)


@pytest.mark.parametrize(
    "lens", [{}, {"field_of_view_deg": 90, "focal_px": 80}, {"field_of_view_deg": 90, "k1": -0.1}, {"focal_px": 0}]
)
def test_a_lens_is_told_once(lens):
    with pytest.raises(SiteError, match=r"cameras\.0\.lens.*(needs either|stands for|greater than 0)"):
        read_site(described(camera({"lens": lens})), "s")
