"""A site: its place on earth, its cameras, its counting lines and its plan, from the files of its folder.

Files hold what people and GIS programs write: pixels for lines drawn on the image, longitude and
latitude for everything on the ground. A `Site` holds site-local metres, which is what every other
module of this room works in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyproj
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from detectors.camera import Camera, Polygon
from detectors.lens import Lens
from geo.calibration import Calibration, CalibrationError, Exemption, calibrate, read_control_points

Floats = NDArray[np.float64]
Point = tuple[float, float]

SITE_FILE, LINES_FILE, PLAN_FILE = "site.yaml", "lines.geojson", "plan.geojson"


class SiteError(ValueError):
    """A site folder that cannot be used; names the file, the field and what to do."""


@dataclass(frozen=True)
class LocalFrame:
    """Site-local metres: a projected CRS shifted to the site's origin, x to the east and y to the north."""

    crs: str
    origin_lon: float
    origin_lat: float

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    @cached_property
    def origin_m(self) -> Floats:
        """Easting and northing of the origin in the CRS."""
        return np.array(self._transformer.transform(self.origin_lon, self.origin_lat))

    def from_lonlat(self, lonlat: Floats) -> Floats:
        """Longitude and latitude (n, 2) to local metres (n, 2)."""
        lon, lat = np.asarray(lonlat).T
        return np.column_stack(self._transformer.transform(lon, lat)) - self.origin_m

    def to_lonlat(self, local_m: Floats) -> Floats:
        """Local metres (n, 2) to longitude and latitude (n, 2)."""
        easting, northing = (np.asarray(local_m) + self.origin_m).T
        return np.column_stack(self._transformer.transform(easting, northing, direction="INVERSE"))


@dataclass(frozen=True)
class CountingLine:
    """A directed counting line.

    Attributes:
        space: "image" for pixels (x right, y down), "ground" for local metres.
        start, end: its ends. Forward is from its left to its right, looking from start to end.
        forward, backward: what people call the two directions.
        anchor: the point of a box that is followed across an image line, as shares of its width
            and height; (0.5, 1) is where feet and wheels touch the ground.
    """

    line_id: str
    name: str
    camera_id: str
    space: Literal["image", "ground"]
    start: Point
    end: Point
    forward: str
    backward: str
    anchor: Point = (0.5, 1.0)


@dataclass(frozen=True)
class Surface:
    """A piece of the plan: what it is, its outline (n, 2) in local metres, its height in metres."""

    kind: str
    name: str
    outline_m: Floats
    height_m: float


@dataclass(frozen=True)
class Site:
    """A site, ready to use. ``version`` changes when any of its files does."""

    site_id: str
    name: str
    version: str
    is_simulated: bool
    time_zone: ZoneInfo
    frame: LocalFrame | None
    cameras: tuple[Camera, ...]
    calibrations: Mapping[str, Calibration]
    lines: tuple[CountingLine, ...]
    plan: tuple[Surface, ...]
    detector: DetectorChoice

    def camera(self, camera_id: str) -> Camera:
        """The camera of that name.

        Raises:
            SiteError: if the site has none.
        """
        for camera in self.cameras:
            if camera.camera_id == camera_id:
                return camera
        known = ", ".join(c.camera_id for c in self.cameras)
        raise SiteError(f"{self.site_id}/{SITE_FILE}: cameras: no camera '{camera_id}'. Use one of: {known}.")

    def lines_of(self, camera_id: str, space: Literal["image", "ground"]) -> list[CountingLine]:
        """The counting lines of a camera in one space."""
        return [line for line in self.lines if line.camera_id == camera_id and line.space == space]

    def calibration_note(self, camera_id: str) -> str | None:
        """What everybody who reads metres from this camera must know, or None."""
        calibration = self.calibrations.get(camera_id)
        return calibration.note if calibration else None


def read_site(documents: Mapping[str, str], folder: str) -> Site:
    """Builds a site from the texts of its files.

    Args:
        documents: file name -> text; ``site.yaml`` is required.
        folder: where they came from, for messages.

    Raises:
        SiteError: if a file is malformed, naming file, field and fix.
    """
    described = _described(documents, folder)
    frame = LocalFrame(described.crs, *described.origin) if described.crs and described.origin else None
    zone = described.time_zone
    cameras = tuple(
        Camera(
            c.camera_id,
            c.size_px,
            zone,
            c.file_name_time,
            c.trusts_container_time,
            tuple(c.privacy_masks_px),
            Lens(**c.lens.model_dump()) if c.lens else None,
        )
        for c in described.cameras
    )
    lines = [_image_line(c.camera_id, line) for c in described.cameras for line in c.counting_lines]
    lines += _ground_lines(documents.get(LINES_FILE), f"{folder}/{LINES_FILE}", frame, {c.camera_id for c in cameras})
    _refuse_doubles([c.camera_id for c in cameras], f"{folder}/{SITE_FILE}: cameras: camera_id")
    _refuse_doubles([line.line_id for line in lines], f"{folder}: counting lines: line_id")
    text = "\x00".join(f"{name}\x00{documents[name]}" for name in sorted(documents))
    return Site(
        site_id=described.site_id,
        name=described.name,
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        is_simulated=described.is_simulated,
        time_zone=zone,
        frame=frame,
        cameras=cameras,
        calibrations=_calibrations(described, documents, folder, frame),
        lines=tuple(lines),
        plan=_plan(documents.get(PLAN_FILE), f"{folder}/{PLAN_FILE}", frame),
        detector=described.detector,
    )


# What people write in site.yaml.


class _Described(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("not an IANA time zone such as Europe/Berlin") from error


def _crs(value: object) -> str | None:
    if value is None:
        return None
    crs = pyproj.CRS.from_user_input(value)
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise ValueError("not a projected CRS in metres, such as EPSG:25833")
    return str(value)


Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=60)]


class DetectorChoice(_Described):
    """Which weights a site uses (a path from its folder) and how large a picture they see."""

    weights: str | None = None
    image_size_px: int = Field(default=640, ge=64, le=2048, multiple_of=32)


class _DescribedLine(_Described):
    line_id: Identifier
    name: str
    start_px: Point
    end_px: Point
    forward: str
    backward: str
    anchor: Point = (0.5, 1.0)


class _DescribedCalibration(_Described):
    control_points: str
    sigma_px: float = Field(default=1.0, gt=0)
    sigma_m: float = Field(default=0.05, gt=0)
    exception: Exemption | None = None


class _DescribedLens(_Described):
    focal_px: float = Field(gt=0)
    centre_px: Point
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0


class _DescribedCamera(_Described):
    camera_id: Identifier
    size_px: tuple[Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0)]]
    file_name_time: str | None = None
    trusts_container_time: bool = False
    privacy_masks_px: list[Annotated[Polygon, Field(min_length=3)]] = []
    lens: _DescribedLens | None = None
    calibration: _DescribedCalibration | None = None
    counting_lines: list[_DescribedLine] = []


class _DescribedSite(_Described):
    site_id: Identifier
    name: str
    time_zone: Annotated[ZoneInfo, BeforeValidator(_zone)]
    is_simulated: bool = False
    crs: Annotated[str | None, BeforeValidator(_crs)] = None
    origin: tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]] | None = None
    detector: DetectorChoice = DetectorChoice()
    cameras: list[_DescribedCamera] = Field(min_length=1)


def _described(documents: Mapping[str, str], folder: str) -> _DescribedSite:
    path = f"{folder}/{SITE_FILE}"
    if SITE_FILE not in documents:
        raise SiteError(f"{path}: no such file. A site folder needs one; see data/sites/lindenplatz for an example.")
    try:
        return _DescribedSite.model_validate(yaml.safe_load(documents[SITE_FILE]))
    except yaml.YAMLError as error:
        raise SiteError(f"{path}: not valid YAML ({' '.join(str(error).split())}). Mend the file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise SiteError(f"{path}: {field}: {first['msg']}. Mend this field.") from error


def _refuse_doubles(names: list[str], where: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise SiteError(f"{where}: '{name}' is used twice. Give each its own.")


def _image_line(camera_id: str, line: _DescribedLine) -> CountingLine:
    return CountingLine(
        line.line_id,
        line.name,
        camera_id,
        "image",
        line.start_px,
        line.end_px,
        line.forward,
        line.backward,
        line.anchor,
    )


def _features(text: str | None, path: str, frame: LocalFrame | None, geometry: str) -> list[tuple[Any, Floats]]:
    """Properties and coordinates, in local metres, of a GeoJSON file's features."""
    if text is None:
        return []
    if frame is None:
        raise SiteError(f"{path}: the site has no crs and origin. Add both to {SITE_FILE}.")
    try:
        features = json.loads(text)["features"]
        pairs = [(f["properties"], f["geometry"]["type"], f["geometry"]["coordinates"]) for f in features]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise SiteError(f"{path}: not a GeoJSON FeatureCollection ({error}). Export it again as GeoJSON.") from error
    for properties, kind, _ in pairs:
        if kind != geometry:
            raise SiteError(f"{path}: {properties}: geometry is a {kind}. Draw a {geometry}.")
    rings = [(p, c[0][:-1] if geometry == "Polygon" else c) for p, _, c in pairs]
    return [(p, frame.from_lonlat(np.array(ring, dtype=float)[:, :2])) for p, ring in rings]


def _ground_lines(text: str | None, path: str, frame: LocalFrame | None, cameras: set[str]) -> list[CountingLine]:
    lines = []
    for properties, ends in _features(text, path, frame, "LineString"):
        for field in ("line_id", "name", "camera_id", "forward", "backward"):
            if not isinstance(properties.get(field), str):
                raise SiteError(f"{path}: {field}: missing from a feature. Add it to the feature's properties.")
        name = properties["line_id"]
        if len(ends) != 2:
            raise SiteError(f"{path}: {name}: has {len(ends)} points. Draw a straight line with two.")
        if properties["camera_id"] not in cameras:
            raise SiteError(
                f"{path}: {name}: camera_id: no camera '{properties['camera_id']}'. Use a camera of the site."
            )
        start, end = ((float(x), float(y)) for x, y in ends)
        lines.append(
            CountingLine(
                name,
                properties["name"],
                properties["camera_id"],
                "ground",
                start,
                end,
                properties["forward"],
                properties["backward"],
            )
        )
    return lines


def _plan(text: str | None, path: str, frame: LocalFrame | None) -> tuple[Surface, ...]:
    return tuple(
        Surface(str(p.get("kind")), str(p.get("name")), outline, float(p.get("height_m", 0.0)))
        for p, outline in _features(text, path, frame, "Polygon")
    )


def _calibrations(
    described: _DescribedSite, documents: Mapping[str, str], folder: str, frame: LocalFrame | None
) -> dict[str, Calibration]:
    found = {}
    for camera in described.cameras:
        if (wanted := camera.calibration) is None:
            continue
        path = f"{folder}/{wanted.control_points}"
        if frame is None:
            raise SiteError(
                f"{folder}/{SITE_FILE}: crs and origin: needed by the calibration of {camera.camera_id}. Add both."
            )
        if wanted.control_points not in documents:
            raise SiteError(f"{path}: no such file. Add it or correct calibration.control_points.")
        try:
            pixels, place, is_lonlat = read_control_points(documents[wanted.control_points])
            metres = frame.from_lonlat(place) if is_lonlat else place - frame.origin_m
            found[camera.camera_id] = calibrate(
                pixels, metres, sigma_px=wanted.sigma_px, sigma_m=wanted.sigma_m, exemption=wanted.exception
            )
        except CalibrationError as error:
            raise SiteError(f"{path}: {error}") from error
    return found
