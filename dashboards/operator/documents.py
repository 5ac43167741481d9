"""Drawings to the texts of a site's files, and back; what is not drawn stays as it was written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import yaml

from dashboards.operator.yaml_edits import with_value
from geo.local_frame import LocalFrame
from geo.site import LINES_FILE, SITE_FILE, ZONES_FILE

Point = tuple[float, float]
Kind = Literal["ground_line", "zone", "image_line", "mask"]
Documents = Mapping[str, str]

KINDS: tuple[Kind, ...] = ("ground_line", "zone", "image_line", "mask")
ON_GROUND: dict[Kind, tuple[str, str]] = {"ground_line": (LINES_FILE, "LineString"), "zone": (ZONES_FILE, "Polygon")}
_CORNERS = ("start_px", "end_px", "path_px")
# 1e-8 degrees are a millimetre.
_DEGREE_DECIMALS, _PX_DECIMALS = 8, 1


@dataclass(frozen=True)
class Drawing:
    """Something drawn for a camera.

    Attributes:
        corners: of the line or outline, in pixels, or in local metres for what lies on the ground.
        properties: what its file says about it.
    """

    kind: Kind
    corners: tuple[Point, ...]
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def is_line(self) -> bool:
        return self.kind in ("ground_line", "image_line")

    @property
    def is_on_ground(self) -> bool:
        return self.kind in ON_GROUND

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.properties.get("name") or self.properties.get("line_id") or self.properties.get("zone_id", ""))


def camera_ids(documents: Documents) -> list[str]:
    """The cameras that site.yaml describes."""
    return [str(camera["camera_id"]) for camera in yaml.safe_load(documents[SITE_FILE])["cameras"]]


def camera_of(documents: Documents, camera_id: str) -> dict[str, Any]:
    """What site.yaml says about a camera."""
    cameras: list[dict[str, Any]] = yaml.safe_load(documents[SITE_FILE])["cameras"]
    return next(camera for camera in cameras if camera["camera_id"] == camera_id)


def frame_of(documents: Documents) -> LocalFrame | None:
    """The site's local metres, or None where it has no place on earth."""
    site = yaml.safe_load(documents[SITE_FILE])
    return LocalFrame(site["crs"], *site["origin"]) if site.get("crs") and site.get("origin") else None


def drawings(documents: Documents, camera_id: str) -> list[Drawing]:
    """Everything drawn for a camera, kind by kind, in the order of its files."""
    camera, frame = camera_of(documents, camera_id), frame_of(documents)
    found = [d for kind in ON_GROUND for d in _on_ground(documents, camera_id, kind, frame)]
    found += [_image_line(line) for line in camera.get("counting_lines") or []]
    found += [Drawing("mask", _points(mask)) for mask in camera.get("privacy_masks_px") or []]
    return found


def with_drawings(documents: Documents, camera_id: str, wanted: Sequence[Drawing]) -> dict[str, str]:
    """The documents with these drawings in place of the camera's; files of unchanged kinds stay as they are."""
    old, changed = drawings(documents, camera_id), dict(documents)
    for kind in KINDS:
        new = [d for d in wanted if d.kind == kind]
        if new == [d for d in old if d.kind == kind]:
            continue
        if kind in ON_GROUND:
            changed[ON_GROUND[kind][0]] = _features_text(changed, camera_id, kind, new)
        elif kind == "image_line":
            changed = with_camera(changed, camera_id, "counting_lines", [_line_entry(d) for d in new])
        else:
            changed = with_camera(changed, camera_id, "privacy_masks_px", [_rounded(d.corners) for d in new])
    return changed


def with_camera(documents: Documents, camera_id: str, name: str, value: object) -> dict[str, str]:
    """The documents with a field of a camera set in site.yaml."""
    number = camera_ids(documents).index(camera_id)
    return {**documents, SITE_FILE: with_value(documents[SITE_FILE], ("cameras", number, name), value)}


def junctions(documents: Documents) -> list[dict[str, Any]]:
    """The junctions of site.yaml: junction_id, name, gates."""
    return list(yaml.safe_load(documents[SITE_FILE]).get("junctions") or [])


def with_junctions(documents: Documents, wanted: list[dict[str, Any]]) -> dict[str, str]:
    """The documents with these junctions."""
    return {**documents, SITE_FILE: with_value(documents[SITE_FILE], ("junctions",), wanted)}


def _on_ground(documents: Documents, camera_id: str, kind: Kind, frame: LocalFrame | None) -> list[Drawing]:
    if frame is None:
        return []
    found = []
    for feature in _features(documents.get(ON_GROUND[kind][0])):
        if feature["properties"].get("camera_id") == camera_id:
            coordinates = feature["geometry"]["coordinates"]
            lonlat = coordinates if kind == "ground_line" else coordinates[0][:-1]
            metres = frame.from_lonlat(np.array([position[:2] for position in lonlat], dtype=float))
            found.append(Drawing(kind, _points(metres.round(4)), dict(feature["properties"])))
    return found


def _features(text: str | None) -> list[dict[str, Any]]:
    return list(json.loads(text)["features"]) if text else []


def _features_text(documents: Documents, camera_id: str, kind: Kind, wanted: list[Drawing]) -> str:
    """A GeoJSON file, one feature a line, with a camera's features replaced."""
    name, geometry = ON_GROUND[kind]
    frame = frame_of(documents)
    if frame is None:
        raise ValueError(f"{SITE_FILE}: crs and origin: needed to draw on the ground. Add both.")
    whole: dict[str, Any] = json.loads(documents[name]) if name in documents else {"type": "FeatureCollection"}
    kept = [f for f in whole.pop("features", []) if f["properties"].get("camera_id") != camera_id]
    kept += [_feature(d, geometry, frame, camera_id) for d in wanted]
    head = "".join(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},\n" for key, value in whole.items())
    lines = ",\n".join(json.dumps(f, ensure_ascii=False) for f in kept)
    return f'{{\n{head}"features": [\n{lines}\n]\n}}\n'


def _feature(drawing: Drawing, geometry: str, frame: LocalFrame, camera_id: str) -> dict[str, Any]:
    lonlat: list[Any] = frame.to_lonlat(np.array(drawing.corners)).round(_DEGREE_DECIMALS).tolist()
    coordinates = lonlat if geometry == "LineString" else [[*lonlat, lonlat[0]]]
    properties = {**drawing.properties, "camera_id": camera_id}
    return {"type": "Feature", "properties": properties, "geometry": {"type": geometry, "coordinates": coordinates}}


def _image_line(entry: dict[str, Any]) -> Drawing:
    corners = entry.get("path_px") or [entry["start_px"], entry["end_px"]]
    return Drawing("image_line", _points(corners), {k: v for k, v in entry.items() if k not in _CORNERS})


def _line_entry(drawing: Drawing) -> dict[str, Any]:
    corners = _rounded(drawing.corners)
    if len(corners) == 2:
        return {**drawing.properties, "start_px": corners[0], "end_px": corners[1]}
    return {**drawing.properties, "path_px": corners}


def _points(corners: Any) -> tuple[Point, ...]:  # noqa: ANN401  (lists of numbers as files and arrays give them)
    return tuple((float(x), float(y)) for x, y in corners)


def _rounded(corners: Sequence[Point]) -> list[list[float]]:
    return [[round(x, _PX_DECIMALS), round(y, _PX_DECIMALS)] for x, y in corners]
