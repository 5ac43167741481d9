"""A site: its place on earth, its cameras, its counting lines and its plan, from the files of its folder.

Files hold what people and GIS programs write: pixels for lines drawn on the image, longitude and
latitude for everything on the ground. A `Site` holds site-local metres, which is what every other
module of this room works in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray

from detectors.camera import Camera
from geo.calibration import Calibration, calibrate
from geo.control_points import read_control_points
from geo.ground_plane import CalibrationError
from geo.local_frame import LocalFrame
from geo.site_description import (
    DetectorChoice,
    JunctionDescription,
    LineDescription,
    LineProperties,
    LineRole,
    SiteDescription,
    SurfaceProperties,
    ZoneProperties,
    ZonePurpose,
)
from geo.site_document import DescriptionError, read_description
from geo.site_features import FeatureError, Properties, read_features

Floats = NDArray[np.float64]
Point = tuple[float, float]

# How far the middle of a junction must lie to the side of its gates, as a share of their length.
_LEAST_INSIDE_SHARE = 0.05
# What is drawn farther from the origin was drawn elsewhere.
_FARTHEST_M = 10_000.0

SITE_FILE, LINES_FILE, ZONES_FILE, PLAN_FILE = "site.yaml", "lines.geojson", "zones.geojson", "plan.geojson"


class SiteError(ValueError):
    """A site folder that cannot be used; names the file, the field and what to do."""


@dataclass(frozen=True)
class CountingLine:
    """A directed counting line.

    Attributes:
        space: "image" for pixels (x right, y down), "ground" for local metres.
        path: its corners from start to end, two or more. Forward is from its left to its right,
            looking from start to end.
        forward, backward: what people call the two directions.
        anchor: the point of a box that is followed across an image line, as shares of its width
            and height; (0.5, 1) is where feet and wheels touch the ground.
        role: a stop line is a counting line behind which vehicles queue at a signal.
    """

    line_id: str
    name: str
    camera_id: str
    space: Literal["image", "ground"]
    path: tuple[Point, ...]
    forward: str
    backward: str
    anchor: Point = (0.5, 1.0)
    role: LineRole = "counting"


@dataclass(frozen=True)
class Zone:
    """A place on the ground that one camera watches: its outline (n, 2) in local metres and what it is for."""

    zone_id: str
    name: str
    camera_id: str
    purpose: ZonePurpose
    outline_m: Floats


@dataclass(frozen=True)
class Junction:
    """Gates that road users enter and leave by.

    Attributes:
        gates: line_id of counting lines around it, all of one camera and one space.
        inward: of each gate, the direction in which it is entered: the one to the gates' common middle.
    """

    junction_id: str
    name: str
    camera_id: str
    gates: tuple[str, ...]
    inward: tuple[Literal["forward", "backward"], ...]


@dataclass(frozen=True)
class Surface:
    """A piece of the plan: what it is, its outline (n, 2) in local metres, its height in metres."""

    kind: str
    name: str
    outline_m: Floats
    height_m: float


@dataclass(frozen=True)
class Site:
    """A site, ready to use.

    Attributes:
        version: changes when any of its files does.
        overlapping_views: pairs of cameras that see some of the same ground; what they count is
            never added up.
    """

    site_id: str
    name: str
    version: str
    is_simulated: bool
    time_zone: ZoneInfo
    frame: LocalFrame | None
    cameras: tuple[Camera, ...]
    calibrations: Mapping[str, Calibration]
    lines: tuple[CountingLine, ...]
    junctions: tuple[Junction, ...]
    zones: tuple[Zone, ...]
    plan: tuple[Surface, ...]
    detector: DetectorChoice
    overlapping_views: tuple[tuple[str, str], ...] = ()

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

    def junctions_of(self, camera_id: str) -> list[Junction]:
        """The junctions a camera sees."""
        return [junction for junction in self.junctions if junction.camera_id == camera_id]

    def zones_of(self, camera_id: str, purpose: ZonePurpose) -> list[Zone]:
        """The zones of a camera for one purpose."""
        return [zone for zone in self.zones if zone.camera_id == camera_id and zone.purpose == purpose]

    def unmeasurable(self, camera_id: str) -> str | None:
        """Why metres and seconds of this camera are no measurements, or None."""
        calibration = self.calibrations.get(camera_id)
        return "the camera is calibrated by a recorded exception" if calibration and calibration.exemption else None

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
    frame = described.frame
    zone = described.time_zone
    cameras = tuple(
        Camera(
            c.camera_id,
            c.size_px,
            zone,
            c.file_name_time,
            c.trusts_container_time,
            tuple(c.privacy_masks_px),
            c.lens.of(c.size_px) if c.lens else None,
        )
        for c in described.cameras
    )
    lines = [_image_line(c.camera_id, line, folder) for c in described.cameras for line in c.counting_lines]
    known = {c.camera_id for c in cameras}
    lines += _ground_lines(documents.get(LINES_FILE), f"{folder}/{LINES_FILE}", frame, known)
    zones = _zones(documents.get(ZONES_FILE), f"{folder}/{ZONES_FILE}", frame, known)
    _refuse_doubles([c.camera_id for c in cameras], f"{folder}/{SITE_FILE}: cameras: camera_id")
    _refuse_doubles([line.line_id for line in lines], f"{folder}: counting lines: line_id")
    junctions = tuple(_junction(j, lines, f"{folder}/{SITE_FILE}") for j in described.junctions)
    _refuse_doubles([j.junction_id for j in junctions], f"{folder}/{SITE_FILE}: junctions: junction_id")
    _refuse_doubles([zone.zone_id for zone in zones], f"{folder}/{ZONES_FILE}: zone_id")
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
        junctions=junctions,
        zones=tuple(zones),
        plan=_plan(documents.get(PLAN_FILE), f"{folder}/{PLAN_FILE}", frame),
        detector=described.detector,
        overlapping_views=tuple(described.overlapping_views),
    )


def _described(documents: Mapping[str, str], folder: str) -> SiteDescription:
    path = f"{folder}/{SITE_FILE}"
    if SITE_FILE not in documents:
        raise SiteError(f"{path}: no such file. A site folder needs one; see data/sites/lindenplatz for an example.")
    try:
        return read_description(documents[SITE_FILE])
    except DescriptionError as error:
        raise SiteError(f"{path}: {error}") from error


def _refuse_doubles(names: list[str], where: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise SiteError(f"{where}: '{name}' is used twice. Give each its own.")


def _image_line(camera_id: str, line: LineDescription, folder: str) -> CountingLine:
    path = _simple(line.path, f"{folder}/{SITE_FILE}: {line.line_id}")
    return CountingLine(line.line_id, line.name, camera_id, "image", path, line.forward, line.backward, line.anchor)


def _simple(path: tuple[Point, ...], where: str) -> tuple[Point, ...]:
    """A path that has two sides: no corner twice in a row, and no crossing of itself."""
    if any(a == b for a, b in pairwise(path)):
        raise SiteError(f"{where}: has the same point twice in a row. Give each corner once.")
    if not shapely.LineString(path).is_simple:
        raise SiteError(f"{where}: crosses itself, so that it has no two sides. Draw it without a loop.")
    return path


def _junction(described: JunctionDescription, lines: list[CountingLine], path: str) -> Junction:
    where = f"{path}: junctions: {described.junction_id}: gates"
    known = {line.line_id: line for line in lines}
    for name in described.gates:
        if name not in known:
            raise SiteError(f"{where}: no counting line '{name}'. Use one of: {', '.join(sorted(known)) or 'none'}.")
    _refuse_doubles(described.gates, where)
    gates = [known[name] for name in described.gates]
    if len({(line.camera_id, line.space) for line in gates}) > 1:
        raise SiteError(f"{where}: are of several cameras, or some in pixels and some in metres. Use lines of a kind.")
    return Junction(
        described.junction_id, described.name, gates[0].camera_id, tuple(described.gates), _inward(gates, where)
    )


def _inward(gates: list[CountingLine], where: str) -> tuple[Literal["forward", "backward"], ...]:
    """The direction of each gate that leads to the middle of all of them."""
    ends = np.array([(line.path[0], line.path[-1]) for line in gates], dtype=float)
    if gates[0].space == "image":
        ends[..., 1] *= -1
    to_middle, along = ends.mean(axis=(0, 1)) - ends[:, 0], ends[:, 1] - ends[:, 0]
    right = to_middle[:, 0] * along[:, 1] - to_middle[:, 1] * along[:, 0]
    for gate, side, length in zip(gates, right, np.hypot(*along.T), strict=True):
        if abs(side) <= _LEAST_INSIDE_SHARE * length**2:
            raise SiteError(
                f"{where}: '{gate.line_id}' points to the middle of all gates, so that nobody can tell inside from "
                "outside. Turn it, or leave it out."
            )
    return tuple("forward" if side > 0 else "backward" for side in right)


def _features(
    text: str | None, path: str, frame: LocalFrame | None, geometry: str, properties: type[Properties]
) -> list[tuple[Properties, Floats]]:
    """Properties and coordinates, in local metres, of a GeoJSON file's features."""
    if text is None:
        return []
    if frame is None:
        raise SiteError(f"{path}: the site has no crs and origin. Add both to {SITE_FILE}.")
    try:
        features = read_features(text, geometry, properties)
    except FeatureError as error:
        raise SiteError(f"{path}: {error}") from error
    placed = [(given, frame.from_lonlat(lonlat)) for given, lonlat in features]
    for number, (_, metres) in enumerate(placed, start=1):
        if not (farthest_m := np.hypot(*metres.T).max()) < _FARTHEST_M:
            raise SiteError(
                f"{path}: feature {number}: geometry: lies {farthest_m / 1000:.0f} km from the site's origin. "
                "Longitude comes first; check origin."
            )
    return placed


def _refuse_unknown_camera(camera_id: str, cameras: set[str], where: str) -> None:
    if camera_id not in cameras:
        raise SiteError(f"{where}: camera_id: no camera '{camera_id}'. Use one of: {', '.join(sorted(cameras))}.")


def _ground_lines(text: str | None, path: str, frame: LocalFrame | None, cameras: set[str]) -> list[CountingLine]:
    lines = []
    for line, corners in _features(text, path, frame, "LineString", LineProperties):
        _refuse_unknown_camera(line.camera_id, cameras, f"{path}: {line.line_id}")
        place = _simple(tuple((float(x), float(y)) for x, y in corners), f"{path}: {line.line_id}")
        lines.append(CountingLine(**line.model_dump(), space="ground", path=place))
    return lines


def _zones(text: str | None, path: str, frame: LocalFrame | None, cameras: set[str]) -> list[Zone]:
    zones = []
    for zone, outline in _features(text, path, frame, "Polygon", ZoneProperties):
        where = f"{path}: {zone.zone_id}"
        _refuse_unknown_camera(zone.camera_id, cameras, where)
        if not shapely.Polygon(outline).is_valid:
            raise SiteError(f"{where}: geometry: crosses itself. Draw an outline that does not.")
        zones.append(Zone(**zone.model_dump(), outline_m=outline))
    return zones


def read_plan(documents: Mapping[str, str], folder: str) -> tuple[Surface, ...]:
    """The plan alone, also where the rest of the site is not yet as it must be.

    Args:
        documents: file name -> text.
        folder: where they came from, for messages.

    Raises:
        SiteError: if site.yaml or the plan is malformed.
    """
    return _plan(documents.get(PLAN_FILE), f"{folder}/{PLAN_FILE}", _described(documents, folder).frame)


def _plan(text: str | None, path: str, frame: LocalFrame | None) -> tuple[Surface, ...]:
    return tuple(
        Surface(surface.kind, surface.name, outline, surface.height_m)
        for surface, outline in _features(text, path, frame, "Polygon", SurfaceProperties)
    )


def _calibrations(
    described: SiteDescription, documents: Mapping[str, str], folder: str, frame: LocalFrame | None
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
            points = read_control_points(documents[wanted.control_points])
            found[camera.camera_id] = calibrate(
                points.pixels,
                points.in_metres(frame, wanted.crs),
                sigma_px=wanted.sigma_px,
                sigma_m=wanted.sigma_m,
                lens=camera.lens.of(camera.size_px) if camera.lens else None,
                exemption=wanted.exception,
            )
        except CalibrationError as error:
            raise SiteError(f"{path}: {error}") from error
    return found
