"""What people write in site.yaml and in the properties of the site's GeoJSON features.

Only shapes, units and rules of single fields; `geo.site` makes a site of them. The JSON Schema that
editors check site files against is generated from these models.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyproj
import shapely
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from detectors.camera import Polygon
from detectors.lens import Lens
from geo.calibration import Exemption
from geo.local_frame import LocalFrame

Point = tuple[float, float]
LineRole = Literal["counting", "stop_line"]
ZonePurpose = Literal["presence", "queue", "waiting", "restricted", "entrance"]


class _Description(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, allow_inf_nan=False)


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("not an IANA time zone such as Europe/Berlin") from error


def _any_crs(value: object) -> str | None:
    if value is None:
        return None
    try:
        pyproj.CRS(str(value))
    except pyproj.exceptions.CRSError as error:
        raise ValueError("not a coordinate reference system such as EPSG:25833") from error
    return str(value)


def _crs(value: object) -> str | None:
    name = _any_crs(value)
    if name is None:
        return None
    crs = pyproj.CRS(name)
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise ValueError("not a projected CRS in metres, such as EPSG:25833")
    return name


def _name_time(pattern: str) -> str:
    """A pattern that tells a time to the minute."""
    moment = datetime(2026, 11, 25, 21, 43, tzinfo=UTC)
    try:
        is_told = datetime.strptime(moment.strftime(pattern), pattern).replace(tzinfo=UTC) == moment
    except ValueError as error:
        raise ValueError(f"not a strptime pattern ({error})") from error
    if not is_told:
        raise ValueError("does not tell day, hour and minute, as %Y-%m-%d_%H-%M does")
    return pattern


def _identifier(value: object) -> object:
    if not re.fullmatch(_IDENTIFIER, str(value)):
        raise ValueError(f"'{value}' is none: write lower-case letters, digits and _, such as market_square")
    return value


_TIME_ZONE = {"type": "string", "description": "An IANA time zone such as Europe/Berlin.", "minLength": 1}
_IDENTIFIER = r"^[a-z0-9][a-z0-9_]*$"
Identifier = Annotated[str, Field(pattern=_IDENTIFIER, max_length=60), BeforeValidator(_identifier)]
# One line of text with something on it.
Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$", max_length=200)]
# Beyond this a deviation is a slip of the pen, and a picture larger than any camera's.
_LARGEST_SIGMA, _LARGEST_PX = 1000.0, 65_536
# A metre of the CRS must be one on the ground to this: web maps' metres are 1.6 m in Dresden.
_WORST_SCALE = 0.01
Pixels = Annotated[int, Field(gt=0, le=_LARGEST_PX)]
Share = Annotated[float, Field(ge=0, le=1)]


class DetectorChoice(_Description):
    """Which weights a site uses (a path from its folder) and how large a picture they see."""

    weights: Name | None = None
    image_size_px: int = Field(default=640, ge=64, le=2048, multiple_of=32)


class LineDescription(_Description):
    """A counting line drawn on the image."""

    line_id: Identifier
    name: Name
    start_px: Point | None = None
    end_px: Point | None = None
    path_px: Annotated[tuple[Point, ...], Field(min_length=2)] | None = None
    forward: Name
    backward: Name
    anchor: tuple[Share, Share] = (0.5, 1.0)

    @model_validator(mode="after")
    def _has_one_path(self) -> LineDescription:
        ends = (self.start_px is not None) + (self.end_px is not None)
        if ends + 2 * (self.path_px is not None) != 2:
            raise ValueError(f"{self.line_id} needs either start_px and end_px or path_px")
        return self

    @property
    def path(self) -> tuple[Point, ...]:
        """Its corners."""
        if self.start_px is not None and self.end_px is not None:
            return self.start_px, self.end_px
        return self.path_px or ()


class JunctionDescription(_Description):
    """Counting lines that are the gates of a junction."""

    junction_id: Identifier
    name: Name
    gates: list[Identifier] = Field(min_length=2)


class LensDescription(_Description):
    """What a camera's lens does: its distortion as calibration tools print it, or the angle it sees."""

    field_of_view_deg: float | None = Field(default=None, gt=1, lt=175)
    focal_px: float | None = Field(default=None, gt=0, le=100 * _LARGEST_PX)
    centre_px: Point | None = None
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0

    @model_validator(mode="after")
    def _is_told_once(self) -> LensDescription:
        if (self.field_of_view_deg is None) == (self.focal_px is None):
            raise ValueError("needs either field_of_view_deg (horizontal) or focal_px")
        if self.field_of_view_deg is not None and self.model_fields_set != {"field_of_view_deg"}:
            raise ValueError("field_of_view_deg stands for an ideal lens; give focal_px to add distortion or a centre")
        return self

    def of(self, size_px: tuple[int, int]) -> Lens:
        """The lens in front of a picture of this size; without a centre it looks through the middle."""
        width, height = size_px
        centre = self.centre_px or (width / 2, height / 2)
        if self.focal_px is None:
            half_rad = math.radians(self.field_of_view_deg or 0.0) / 2
            return Lens(width / 2 / math.tan(half_rad), centre)
        return Lens(self.focal_px, centre, self.k1, self.k2, self.p1, self.p2)


class CalibrationDescription(_Description):
    """Which control points place a camera on the ground, and how exactly they are known."""

    control_points: Name
    crs: Annotated[str | None, BeforeValidator(_any_crs)] = None
    sigma_px: float = Field(default=1.0, gt=0, le=_LARGEST_SIGMA)
    sigma_m: float = Field(default=0.05, gt=0, le=_LARGEST_SIGMA)
    exception: Exemption | None = None


class CameraDescription(_Description):
    """A camera and what belongs to it alone."""

    camera_id: Identifier
    size_px: tuple[Pixels, Pixels]
    file_name_time: Annotated[Name, AfterValidator(_name_time)] | None = None
    trusts_container_time: bool = False
    privacy_masks_px: list[Annotated[Polygon, Field(min_length=3)]] = []
    lens: LensDescription | None = None
    calibration: CalibrationDescription | None = None
    counting_lines: list[LineDescription] = []

    @model_validator(mode="after")
    def _draws_in_its_picture(self) -> CameraDescription:
        drawn = {f"privacy_masks_px.{i}": shapely.Polygon(mask) for i, mask in enumerate(self.privacy_masks_px)}
        drawn |= {f"counting_lines: {line.line_id}": shapely.LineString(line.path) for line in self.counting_lines}
        for name, shape in drawn.items():
            if not shape.intersects(shapely.box(0, 0, *self.size_px)):
                raise ValueError(f"{name} lies outside the picture of {self.size_px[0]} x {self.size_px[1]} pixels")
        return self


class SiteDescription(_Description):
    """All of site.yaml."""

    site_id: Identifier
    name: Name
    time_zone: Annotated[ZoneInfo, BeforeValidator(_zone), WithJsonSchema(_TIME_ZONE)]
    is_simulated: bool = False
    crs: Annotated[str | None, BeforeValidator(_crs)] = None
    origin: tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]] | None = None
    detector: DetectorChoice = DetectorChoice()
    cameras: list[CameraDescription] = Field(min_length=1)
    junctions: list[JunctionDescription] = []
    overlapping_views: list[tuple[str, str]] = []

    @property
    def frame(self) -> LocalFrame | None:
        """The site's metres, if it has any."""
        return LocalFrame(self.crs, *self.origin) if self.crs and self.origin else None

    @model_validator(mode="after")
    def _metres_are_metres(self) -> SiteDescription:
        if self.frame and not all(abs(scale - 1) <= _WORST_SCALE for scale in self.frame.scale):
            raise ValueError(
                f"crs: a metre of {self.crs} is no metre on the ground at the origin {self.origin}; use the UTM zone "
                "or national grid of the place, and give origin as longitude, then latitude"
            )
        return self

    @model_validator(mode="after")
    def _views_are_of_cameras(self) -> SiteDescription:
        known = {camera.camera_id for camera in self.cameras}
        for pair in self.overlapping_views:
            if not set(pair) <= known or pair[0] == pair[1]:
                raise ValueError(f"overlapping_views: {list(pair)} are not two cameras of the site")
        return self


# What people write in the properties of GeoJSON features. GIS programs add columns of their own, so
# unknown properties are left alone.


class _Properties(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class LineProperties(_Properties):
    """A feature of lines.geojson."""

    line_id: Identifier
    name: Name
    camera_id: str
    forward: Name
    backward: Name
    role: LineRole = "counting"


class ZoneProperties(_Properties):
    """A feature of zones.geojson."""

    zone_id: Identifier
    name: Name
    camera_id: str
    purpose: ZonePurpose


class SurfaceProperties(_Properties):
    """A feature of plan.geojson."""

    kind: Name
    name: Name | Literal[""] = ""
    height_m: float = Field(default=0.0, ge=0)


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each file of a site folder, by the file's name."""
    features: dict[str, tuple[str, type[BaseModel]]] = {
        "lines.geojson": ("LineString", LineProperties),
        "zones.geojson": ("Polygon", ZoneProperties),
        "plan.geojson": ("Polygon", SurfaceProperties),
    }
    described = SiteDescription.model_json_schema()
    return {
        "site.yaml": {"$schema": _DIALECT, **described},
        **{name: _collection_schema(name, *feature) for name, feature in features.items()},
    }


_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_POSITION = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3}


def _collection_schema(name: str, geometry: str, properties: type[BaseModel]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection (RFC 7946) of one kind of geometry."""
    line = {"type": "array", "items": _POSITION, "minItems": 2}
    outline = {"type": "array", "items": {**line, "minItems": 4}, "minItems": 1, "maxItems": 1}
    shape = {"type": {"const": geometry}, "coordinates": line if geometry == "LineString" else outline}
    feature = {
        "type": {"const": "Feature"},
        "properties": properties.model_json_schema(),
        "geometry": {"type": "object", "properties": shape, "required": [*shape]},
    }
    collection = {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": {"type": "object", "properties": feature, "required": [*feature]}},
    }
    return {
        "$schema": _DIALECT,
        "title": name,
        "type": "object",
        "properties": collection,
        "required": [*collection],
    }
