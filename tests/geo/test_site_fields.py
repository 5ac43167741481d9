"""Every field that people write in a site's files, once with a value that it cannot have."""

import copy
import json
import math
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from geo.calibration import Exemption
from geo.site import SiteError, read_site
from geo.site_description import LineProperties, SiteDescription, SurfaceProperties, ZoneProperties
from tests import builders

LINE = "cameras.0.counting_lines.0."
LENS, CALIBRATION = "cameras.0.lens.", "cameras.0.calibration."
# Field of site.yaml -> a value that it cannot have.
IN_SITE_FILE = {
    "site_id": "Lindenplatz 1",
    "name": " ",
    "time_zone": "Europe/Atlantis",
    "is_simulated": "perhaps",
    "crs": "EPSG:999999",
    "origin": [51.05, 113.7],
    "detector.weights": "",
    "detector.image_size_px": 650,
    "cameras.0.camera_id": "the pole",
    "cameras.0.size_px": [1280, 0],
    "cameras.0.file_name_time": "pole_%Y-%m-%d",
    "cameras.0.trusts_container_time": "sometimes",
    "cameras.0.privacy_masks_px": [[[500, 500], [600, 500], [600, 600]]],
    LENS + "focal_px": math.inf,
    LENS + "field_of_view_deg": 180,
    LENS + "centre_px": [math.nan, 60],
    LENS + "k1": "barrel",
    LENS + "k2": math.nan,
    LENS + "p1": math.inf,
    LENS + "p2": [],
    CALIBRATION + "control_points": 7,
    CALIBRATION + "crs": "Gauss and Krueger",
    CALIBRATION + "sigma_px": math.nan,
    CALIBRATION + "sigma_m": 0,
    CALIBRATION + "exception.reason": "because",
    CALIBRATION + "exception.recorded_by": "",
    CALIBRATION + "exception.recorded_on": "2026-02-30",
    LINE + "line_id": "Gate",
    LINE + "name": "",
    LINE + "start_px": [math.nan, 10],
    LINE + "end_px": [80],
    LINE + "path_px": [[80, 10]],
    LINE + "forward": "",
    LINE + "backward": "two\nlines",
    LINE + "anchor": [0.5, 1.2],
    "junctions.0.junction_id": "j 1",
    "junctions.0.name": None,
    "junctions.0.gates": ["gate_px"],
    "overlapping_views": [["pole", "mast"]],
}
# (file, field of a feature's properties) -> a value that it cannot have.
IN_FEATURES = {
    ("lines.geojson", "line_id"): "Gate",
    ("lines.geojson", "name"): "",
    ("lines.geojson", "camera_id"): "mast",
    ("lines.geojson", "forward"): None,
    ("lines.geojson", "backward"): " ",
    ("lines.geojson", "role"): "fence",
    ("zones.geojson", "zone_id"): "the square",
    ("zones.geojson", "name"): 7,
    ("zones.geojson", "camera_id"): None,
    ("zones.geojson", "purpose"): "fun",
    ("plan.geojson", "kind"): "",
    ("plan.geojson", "name"): ["Square"],
    ("plan.geojson", "height_m"): -1,
}
PROPERTIES = {"lines.geojson": LineProperties, "zones.geojson": ZoneProperties, "plan.geojson": SurfaceProperties}
# Values of the right kind that no site can have all the same.
IMPOSSIBLE = {
    "metres of a web map": ({"crs": "EPSG:3857"}, "crs"),
    "latitude first": ({"origin": builders.site_file()["origin"][::-1]}, "origin"),
    "place where the projection does not reach": ({"origin": [-150, 0]}, "origin"),
}


def fields(model: type[BaseModel], path=""):
    """Every field of a model that holds a value and not further fields, by the names on the way to it."""
    for name, field in model.model_fields.items():
        inner = next((m for m in (Exemption, *descriptions()) if holds(field.annotation, m)), None)
        yield from fields(inner, f"{path}{name}.") if inner else [path + name]


def descriptions():
    return BaseModel.__subclasses__() + [m for base in BaseModel.__subclasses__() for m in base.__subclasses__()]


def holds(annotation, model):
    return annotation is model or any(holds(a, model) for a in get_args(annotation))


def whole():
    """A site file that leaves nothing out."""
    document = builders.site_file(junctions=[{"junction_id": "j", "name": "J", "gates": ["gate_px", "exit_px"]}])
    (pole,) = document["cameras"]
    exit_px = {**pole["counting_lines"][0], "line_id": "exit_px", "start_px": [20, 110], "end_px": [20, 10]}
    pole["counting_lines"].append(exit_px)
    exception = {"reason": "only these points could be surveyed", "recorded_by": "tests", "recorded_on": "2026-01-01"}
    pole["calibration"]["exception"] = exception
    return document | {"detector": {}}


def changed(document, path, value):
    document = copy.deepcopy(document)
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = document
    for part in way:
        place = place[part] if isinstance(place, list) else place.setdefault(part, {})
    place[last] = value
    return document


def refused(documents, file, field):
    with pytest.raises(SiteError) as error:
        read_site(documents, "sites/crossroads")
    message = str(error.value)
    assert message.startswith(f"sites/crossroads/{file}: ")
    assert field in message
    assert message.endswith(".")
    assert "Value error" not in message


def test_no_field_is_left_out():
    without_numbers = {".".join(p for p in path.split(".") if not p.isdigit()) for path in IN_SITE_FILE}
    assert without_numbers == set(fields(SiteDescription))
    assert set(IN_FEATURES) == {(file, name) for file, model in PROPERTIES.items() for name in model.model_fields}


def test_the_whole_site_is_one():
    assert read_site({**builders.site_documents(), "site.yaml": yaml.safe_dump(whole())}, "s").junctions


@pytest.mark.parametrize("path", IN_SITE_FILE)
def test_a_field_of_the_site_file_is_named(path):
    text = yaml.safe_dump(changed(whole(), path, IN_SITE_FILE[path]))
    field = next(part for part in reversed(path.split(".")) if not part.isdigit())
    refused({**builders.site_documents(), "site.yaml": text}, "site.yaml", field)


@pytest.mark.parametrize(("file", "field"), IN_FEATURES)
def test_a_field_of_a_feature_is_named(file, field):
    documents = builders.site_documents()
    collection = json.loads(documents[file])
    collection["features"][0]["properties"][field] = IN_FEATURES[file, field]
    refused({**documents, file: json.dumps(collection)}, file, field)


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_no_site_can_have_is_named(case):
    change, field = IMPOSSIBLE[case]
    refused(builders.site_documents(**change), "site.yaml", field)


def test_a_field_given_twice_is_named():
    documents = builders.site_documents()
    refused(
        {**documents, "site.yaml": documents["site.yaml"] + "name: Another\n"}, "site.yaml", "'name' is given twice"
    )


@pytest.mark.parametrize("part", ["properties", "geometry"])
def test_a_feature_that_is_none_is_said(part):
    documents = builders.site_documents()
    collection = json.loads(documents["lines.geojson"])
    collection["features"][0][part] = "here"
    refused({**documents, "lines.geojson": json.dumps(collection)}, "lines.geojson", "FeatureCollection")


def test_a_line_with_latitude_first_is_told():
    documents = builders.site_documents()
    collection = json.loads(documents["lines.geojson"])
    line = collection["features"][0]["geometry"]
    line["coordinates"] = [place[::-1] for place in line["coordinates"]]
    refused({**documents, "lines.geojson": json.dumps(collection)}, "lines.geojson", "geometry")
