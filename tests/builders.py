"""Builders of test data: everything has a default; a test overrides what it is about."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import av
import numpy as np
import polars as pl
import yaml

from detectors.camera import Camera
from detectors.recorded import RecordedDetector
from detectors.tracks import Tracks
from geo.chronicle import Chronicle
from geo.crossings import Crossings
from geo.local_frame import LocalFrame
from geo.site import Site, read_site
from geo.trajectories import Trajectories
from pipelines.settings import Settings

SIZE_PX = (160, 120)
START = datetime(2026, 6, 10, 6, 14, 58, tzinfo=UTC)  # 08:14:58 in Berlin: two quarter-hours
DAY = date(2026, 6, 10)
FRAME = LocalFrame("EPSG:25833", 13.7376, 51.0496)


@contextmanager
def small_disk(limit_bytes: int) -> Iterator[None]:
    """No file can grow beyond a limit meanwhile."""
    allowed, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (allowed, most))


# Pixels.


def camera(**changes: Any) -> Camera:
    values: dict[str, Any] = {"camera_id": "pole", "size_px": SIZE_PX, "time_zone": ZoneInfo("Europe/Berlin")}
    return Camera(**{**values, **changes})


def images(n: int = 40, size_px: tuple[int, int] = SIZE_PX) -> list[np.ndarray]:
    """Grey frames with a bright square that wanders; nothing black in them."""
    frames = []
    for i in range(n):
        image = np.full((size_px[1], size_px[0], 3), 128, np.uint8)
        left = 2 + (3 * i) % (size_px[0] - 24)
        image[40:60, left : left + 20] = 230
        frames.append(image)
    return frames


def video(
    path: Path,
    frames: Iterable[np.ndarray] | None = None,
    *,
    fps: int = 10,
    times_s: list[float] | None = None,
    gop: int = 10,
) -> Path:
    """Writes an mp4; ``times_s`` gives each frame its own presentation time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = None
        for i, image in enumerate(images() if frames is None else frames):
            if stream is None:
                stream = container.add_stream("libx264", rate=fps, options={"g": str(gop), "bf": "0", "crf": "18"})
                stream.height, stream.width, stream.pix_fmt = image.shape[0], image.shape[1], "yuv420p"
                stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = round(1000 * (times_s[i] if times_s else i / fps))
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    return path


def like(film: Path, names: Iterable[str]) -> None:
    """Copies of an mp4 beside it that show the same and differ in their bytes, as films of other times do."""
    for number, name in enumerate(names):
        film.with_name(name).write_bytes(film.read_bytes() + b"\0\0\0\x0cfree" + number.to_bytes(4, "big"))


def box(frame: int, x: float, y: float, **changes: Any) -> dict[str, Any]:
    """A recorded box whose middle of the lower edge is at (x, y)."""
    width, height = changes.pop("width", 12.0), changes.pop("height", 30.0)
    sides = {"left_px": x - width / 2, "top_px": y - height, "right_px": x + width / 2, "bottom_px": y}
    return {"frame": frame, "road_user": "pedestrian", "confidence": 0.9, **sides, **changes}


def walk(frames: range, start: tuple[float, float], end: tuple[float, float], **changes: Any) -> list[dict[str, Any]]:
    """Boxes on a straight way."""
    way = np.linspace(start, end, len(frames))
    return [box(frame, x, y, **changes) for frame, (x, y) in zip(frames, way, strict=True)]


def recorded(*walks: list[dict[str, Any]]) -> RecordedDetector:
    return RecordedDetector(pl.DataFrame([row for one in walks for row in one], infer_schema_length=None))


def two_walkers() -> RecordedDetector:
    """One pedestrian to the right and one car to the left across x = 80, over 40 frames."""
    return recorded(
        walk(range(40), (20, 70), (140, 70)),
        walk(range(40), (140, 110), (20, 110), road_user="car", width=30.0, height=20.0),
    )


def tracks(
    *paths: tuple[int, list[tuple[float, float, float]]], road_user: str = "pedestrian", height: float = 30.0
) -> pl.DataFrame:
    """TRACKS of (track number, [(seconds, x, y of the ground contact)])."""
    rows = [
        {
            "recording_id": "r",
            "track_id": number,
            "frame": i,
            "time_utc": START + timedelta(seconds=t),
            "road_user": road_user,
            "confidence": 0.9,
            "left_px": x - 6,
            "top_px": y - height,
            "right_px": x + 6,
            "bottom_px": y,
        }
        for number, path in paths
        for i, (t, x, y) in enumerate(path)
    ]
    return Tracks.validate(pl.DataFrame(rows), cast=True)


def trajectories(
    *paths: tuple[int, list[tuple[float, float, float]]], road_user: str = "pedestrian", start: datetime = START
) -> pl.DataFrame:
    """TRAJECTORIES of (track number, [(seconds, x, y in metres)]) with speeds from differences."""
    rows = []
    for number, path in paths:
        t, x, y = np.array(path).T
        vx, vy = np.gradient(x, t), np.gradient(y, t)
        rows += [
            {
                "recording_id": "r",
                "track_id": number,
                "time_utc": start + timedelta(seconds=float(t[i])),
                "x_m": float(x[i]),
                "y_m": float(y[i]),
                "var_x_m2": 0.01,
                "cov_xy_m2": 0.0,
                "var_y_m2": 0.01,
                "vx_m_s": float(vx[i]),
                "vy_m_s": float(vy[i]),
                "sigma_speed_m_s": 0.1,
                "is_trusted": True,
                "is_contact_seen": True,
                "road_user": road_user,
            }
            for i in range(len(path))
        ]
    return Trajectories.validate(pl.DataFrame(rows), cast=True)


def line_crossings(line_id: str, *rows: tuple[int, float, float | None, str]) -> pl.DataFrame:
    """Forward CROSSINGS of a line by (track number, seconds, speed in m/s, class); the rest is NULL."""
    found = [
        {
            "recording_id": "r",
            "line_id": line_id,
            "track_id": number,
            "time_utc": START + timedelta(seconds=at_s),
            "direction": "forward",
            "road_user": road_user,
            "speed_m_s": speed,
        }
        for number, at_s, speed, road_user in rows
    ]
    return pl.DataFrame(found, schema=Crossings.create_empty().schema)


# Sites. The small test site is seen straight from above: 10 px are 1 m, the origin is at the lower left.


def to_px(x_m: float, y_m: float) -> tuple[float, float]:
    return 10 * x_m, 120 - 10 * y_m


def control_points(places: list[tuple[float, float]] | None = None) -> str:
    places = places or [(1, 1), (15, 1), (15, 11), (1, 11), (8, 2), (4, 7), (12, 6), (7, 10)]
    lonlat = FRAME.to_lonlat(np.array(places, dtype=float))
    lines = [
        f"{to_px(*p)[0]},{to_px(*p)[1]},{lon:.10f},{lat:.10f}" for p, (lon, lat) in zip(places, lonlat, strict=True)
    ]
    return "\n".join(["x_px,y_px,lon,lat", *lines]) + "\n"


def feature(geometry: str, points_m: list[tuple[float, float]], **properties: Any) -> dict[str, Any]:
    coordinates: Any = FRAME.to_lonlat(np.array(points_m, dtype=float)).tolist()
    if geometry == "Polygon":
        coordinates = [[*coordinates, coordinates[0]]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": geometry, "coordinates": coordinates}}


def collection(*features: dict[str, Any]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def site_file(**changes: Any) -> dict[str, Any]:
    """What site.yaml of the small test site says, as a dictionary to change."""
    pole = {
        "camera_id": "pole",
        "size_px": list(SIZE_PX),
        "file_name_time": "pole_%Y-%m-%d_%H-%M-%S",
        "calibration": {"control_points": "control_points.csv"},
        "counting_lines": [
            {
                "line_id": "gate_px",
                "name": "Gate (pixels)",
                "start_px": [80, 110],
                "end_px": [80, 10],
                "forward": "right",
                "backward": "left",
            }
        ],
    }
    return {
        "site_id": "crossroads",
        "name": "Crossroads",
        "time_zone": "Europe/Berlin",
        "is_simulated": True,
        "crs": FRAME.crs,
        "origin": [FRAME.origin_lon, FRAME.origin_lat],
        "cameras": [pole],
        **changes,
    }


def site_documents(**changes: Any) -> dict[str, str]:
    gate = feature(
        "LineString", [(8, 0), (8, 12)], line_id="gate", name="Gate", camera_id="pole", forward="east", backward="west"
    )
    return {
        "site.yaml": yaml.safe_dump(site_file(**changes)),
        "control_points.csv": control_points(),
        "lines.geojson": collection(gate),
        "zones.geojson": collection(
            feature(
                "Polygon",
                [(4, 3), (12, 3), (12, 8), (4, 8)],
                zone_id="square",
                name="Square",
                camera_id="pole",
                purpose="presence",
            )
        ),
        "plan.geojson": collection(
            feature("Polygon", [(0, 0), (16, 0), (16, 12), (0, 12)], kind="plaza", name="Square")
        ),
    }


def site(**changes: Any) -> Site:
    return read_site(site_documents(**changes), "sites/crossroads")


def write_site(folder: Path, documents: dict[str, str] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (documents or site_documents()).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write_junction_site(data: Path) -> None:
    """The small site with a second gate, so that its square is a junction of two."""
    described = site_file(junctions=[{"junction_id": "square", "name": "Square", "gates": ["gate_px", "west_px"]}])
    lines = described["cameras"][0]["counting_lines"]
    lines.append({**lines[0], "line_id": "west_px", "start_px": [40, 110], "end_px": [40, 10]})
    documents = site_documents(cameras=described["cameras"], junctions=described["junctions"])
    write_site(data / "sites" / "crossroads", documents)


def loaded_before_anything_was_drawn(session: Any) -> None:
    """Adds a second recording of the same time, which was looked at for no line, gate or zone."""
    other = "'other' AS recording_id"
    for table, replaced in (("loads", f"{other}, [] AS line_ids, [] AS zone_ids"), ("coverage_contributions", other)):
        session.connection.execute(f"INSERT INTO {table} SELECT * REPLACE ({replaced}) FROM {table}")


# What a reader of the dashboard chooses.


def selection(**changes: Any) -> Any:
    """The small counted day, everybody, both ways, by day."""
    from dashboards.views.selection import Selection
    from dashboards.words import words

    values: dict[str, Any] = {
        "words": words("en"),
        "site_id": "crossroads",
        "site_name": "Crossroads",
        "is_simulated": True,
        "first_day": DAY,
        "last_day": DAY,
        "road_users": ("pedestrian", "car"),
        "directions": ("forward", "backward"),
        "weekdays": (1, 2, 3, 4, 5, 6, 7),
        "interval": "day",
        "is_rate": False,
    }
    return Selection(**{**values, **changes})


# Simulated pasts.


def chronicle(**changes: Any) -> Chronicle:
    """A few weeks in which nothing happens but what a test says."""
    usual = {
        "first_day": "2026-03-02",
        "last_day": "2026-03-22",
        "seed": 7,
        "samples": {"from_hour": 12, "minutes": 15},
        "demand": {},
    }
    return Chronicle.model_validate({**usual, **changes})


# Whole runs.


@dataclass(frozen=True)
class CountedDay:
    """A data folder in which the small test site has been counted and released."""

    settings: Settings
    site_folder: Path


@contextmanager
def silence(_title: str, _total: int):
    yield lambda _done: None


def counted_day(folder: Path) -> CountedDay:
    """Runs all stages on one small recording with recorded boxes."""
    settings = Settings(folder / "data")
    site_folder = write_site(settings.sites / "crossroads")
    video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    day = site_day(settings)
    run_day(day)
    return CountedDay(settings, site_folder)


def site_day(settings: Settings, day: date = DAY):
    from pipelines.stages.site_day import SiteDay

    return SiteDay.of("crossroads", day, settings)


def run_day(day: Any, detector: Callable[[], RecordedDetector] = two_walkers) -> dict[str, Any]:
    """Every stage of a site's day with a recorded detector in place of a model."""
    import pipelines.stages.site_day as module

    original = module.make_detector
    module.make_detector = lambda *_: detector()
    try:
        return {
            "recordings": day.ingest(),
            "tracks": day.track(silence),
            "camera_drift": day.drift(),
            "trajectories": day.georeference(),
            "crossings": day.measure(),
            "flow_counts": day.load(),
            "checks": day.check(),
            "release": day.release(),
        }
    finally:
        module.make_detector = original
