import json
from pathlib import Path

import geopandas as gpd
import jsonschema
import numpy as np
import pytest
import yaml

from geo.site import SiteError, read_site
from geo.site_description import json_schemas
from pipelines.sites import load_site, write_schemas
from tests import builders

SITES = Path("data/sites")
FOLDERS = sorted(path.parent for path in SITES.glob("*/site.yaml"))
SCHEMAS = json_schemas()


def test_the_committed_schemas_are_those_of_the_models(tmp_path):
    """``passant site-schema`` writes them anew."""
    for path in write_schemas(tmp_path):
        assert (SITES / path.name).read_text(encoding="utf-8") == path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_schemas_are_schemas(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def document(name, text):
    return yaml.safe_load(text) if name.endswith(".yaml") else json.loads(text)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_shipped_sites_keep_the_schemas(folder):
    for name, schema in SCHEMAS.items():
        if (folder / name).is_file():
            jsonschema.validate(document(name, (folder / name).read_text(encoding="utf-8")), schema)


REFUSED = {
    "unknown field": ("site.yaml", lambda d: d.update(colour="red")),
    "no camera": ("site.yaml", lambda d: d.update(cameras=[])),
    "line without a name": ("lines.geojson", lambda d: d["features"][0]["properties"].pop("name")),
    "no such role": ("lines.geojson", lambda d: d["features"][0]["properties"].update(role="fence")),
    "zone of no purpose": ("zones.geojson", lambda d: d["features"][0]["properties"].pop("purpose")),
    "zone in two parts": ("zones.geojson", lambda d: d["features"][0]["geometry"].update(type="MultiPolygon")),
}


@pytest.mark.parametrize("case", REFUSED, ids=list(REFUSED))
def test_the_schemas_refuse_what_the_site_refuses(case):
    name, change = REFUSED[case]
    changed = document(name, drawn()[name])
    jsonschema.validate(changed, SCHEMAS[name])
    change(changed)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed, SCHEMAS[name])


def drawn():
    bay = {"zone_id": "bay", "name": "Bay", "camera_id": "pole", "purpose": "queue"}
    zone = builders.feature("Polygon", [(1, 1), (5, 1), (5, 5), (1, 4)], **bay)
    return {**builders.site_documents(), "zones.geojson": builders.collection(zone)}


def test_what_geopandas_reads_and_writes_is_the_same_site(tmp_path):
    """GIS programs add columns, an id and a CRS member, and may write positions with a height."""
    folder = builders.write_site(tmp_path / "crossroads", drawn())
    before = load_site(folder).site
    for name in ("lines.geojson", "zones.geojson", "plan.geojson"):
        table = gpd.read_file(folder / name)
        assert table.crs.to_epsg() == 4326
        table["fid"] = range(len(table))
        table.geometry = table.geometry.force_3d()
        table.to_file(folder / name, driver="GeoJSON", RFC7946="YES", COORDINATE_PRECISION=9)
    after = load_site(folder).site
    assert [line.line_id for line in after.lines] == [line.line_id for line in before.lines]
    for old, new in zip(before.lines, after.lines, strict=True):
        assert (old.name, old.camera_id, old.forward, old.role) == (new.name, new.camera_id, new.forward, new.role)
        assert np.array(new.path) == pytest.approx(np.array(old.path), abs=2e-4)
    for old, new in zip((*before.zones, *before.plan), (*after.zones, *after.plan), strict=True):
        assert corners(new.outline_m) == pytest.approx(corners(old.outline_m), abs=2e-4)
    assert (after.zones[0].purpose, after.plan[0].kind) == (before.zones[0].purpose, before.plan[0].kind)


def corners(outline_m):
    """In an order that does not depend on where a ring begins and which way it goes."""
    return outline_m[np.lexsort(outline_m.T.round(3))]


def test_a_layer_saved_in_metres_is_refused_with_the_fix(tmp_path):
    documents = drawn()
    folder = builders.write_site(tmp_path / "crossroads", documents)
    table = gpd.read_file(folder / "zones.geojson").to_crs(builders.FRAME.crs)
    table.to_file(folder / "zones.geojson", driver="GeoJSON")
    with pytest.raises(ValueError, match="EPSG:4326"):
        read_site({**documents, "zones.geojson": (folder / "zones.geojson").read_text()}, "s")


UNREADABLE = {
    "not UTF-8": (lambda file: file.write_bytes("Straße".encode("latin-1")), "not UTF-8"),
    "a folder": (lambda file: file.mkdir(), "cannot be read"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_cannot_be_read_is_named(tmp_path, case):
    spoil, says = UNREADABLE[case]
    folder = builders.write_site(tmp_path / "crossroads")
    spoil(folder / "survey.csv")
    with pytest.raises(SiteError, match=rf"crossroads/survey\.csv: .*{says}.*\.$"):
        load_site(folder)


def test_a_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(SiteError, match="no such site folder"):
        load_site(tmp_path / "crossroads")
