"""GeoJSON features of a site's ground: properties by a model, coordinates in longitude and latitude.

RFC 7946: WGS84, longitude first. Every message names the feature and its field.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from geo.field_errors import first_error

Floats = NDArray[np.float64]
Properties = TypeVar("Properties", bound=BaseModel)

_NAMES = ("line_id", "zone_id", "junction_id", "name")


class FeatureError(ValueError):
    """A GeoJSON text that cannot be used; names the feature, the field and what to do."""


def read_features(text: str, geometry: str, properties: type[Properties]) -> list[tuple[Properties, Floats]]:
    """Reads a FeatureCollection of one kind of geometry.

    Args:
        text: the file's text.
        geometry: "LineString" or "Polygon".
        properties: the model of a feature's properties.

    Returns:
        For each feature its properties and its line, or its outline without the closing point, as
        longitude and latitude (n, 2).

    Raises:
        FeatureError: if the text, a geometry or a property is not as it must be.
    """
    try:
        features = [(dict(f["properties"] or {}), dict(f["geometry"] or {})) for f in json.loads(text)["features"]]
    except (ValueError, KeyError, TypeError) as error:
        raise FeatureError(f"not a GeoJSON FeatureCollection ({error}). Export it again as GeoJSON.") from error
    found = []
    for number, (given, shape) in enumerate(features, start=1):
        name = next((str(given[key]) for key in _NAMES if given.get(key)), "unnamed")
        where = f"feature {number} ({name})"
        lonlat = _lonlat(shape, where, geometry)
        found.append((_properties(given, where, properties), lonlat))
    return found


def _properties(given: dict[str, object], where: str, properties: type[Properties]) -> Properties:
    try:
        return properties.model_validate(given)
    except ValidationError as error:
        raise FeatureError(f"{where}: {first_error(error)}. Mend it among the feature's properties.") from error


def _lonlat(shape: dict[str, Any], where: str, geometry: str) -> Floats:
    if (kind := shape.get("type")) != geometry:
        fix = f"Split it into single {geometry}s" if kind == f"Multi{geometry}" else f"Draw a {geometry}"
        raise FeatureError(f"{where}: geometry: is a {kind or 'missing geometry'}. {fix}.")
    rings = _rings(shape.get("coordinates", []), where, geometry)
    if len(rings) > 1:
        raise FeatureError(f"{where}: geometry: has a hole. Draw an outline without holes.")
    if not (np.abs(rings[0]) <= (180, 90)).all():
        raise FeatureError(f"{where}: geometry: not longitude and latitude. Export the layer in WGS84 (EPSG:4326).")
    return rings[0] if geometry == "LineString" else rings[0][:-1]


def _rings(coordinates: list[Any], where: str, geometry: str) -> list[Floats]:
    least = 2 if geometry == "LineString" else 4
    try:
        lines = [coordinates] if geometry == "LineString" else coordinates
        rings = [np.array([[float(x) for x in position[:2]] for position in line]) for line in lines]
    except (TypeError, ValueError) as error:
        raise FeatureError(f"{where}: geometry: coordinates cannot be read ({error}). Draw it anew.") from error
    if not rings or any(ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < least for ring in rings):
        raise FeatureError(f"{where}: geometry: too few points for a {geometry}. Draw it anew.")
    return rings
