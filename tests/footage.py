"""The real clips of ``../shared`` as sites, recordings and truth in Passant's own formats.

Nothing of them is copied into the repository: sites are written to a temporary folder from the
truth files that lie beside the clips. Lines are drawn in pixels; Dresden exists a second time in
metres, through the recorded exception that its five control points need.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import yaml

SHARED = Path(os.environ.get("PASSANT_SHARED", Path(__file__).resolve().parents[2] / "shared"))
WEIGHTS = SHARED / "footage" / "weights"
_DRESDEN = SHARED / "oracles" / "dresden_junction"
_CLASSES = {
    "person": "pedestrian",
    "bicyclist": "cyclist",
    "delivery_van": "van",
    "car": "car",
    "truck": "truck",
}


@dataclass(frozen=True)
class Clip:
    """A real recording, the site it is counted as, and its truth.

    Attributes:
        documents: the site's files.
        truth: line_id, direction, road_user, time_s.
        counted_s: how much of the recording the truth covers, from its start.
    """

    name: str
    video: Path
    start: str | None
    documents: dict[str, str]
    truth: pl.DataFrame
    counted_s: float
    labels: dict[tuple[str, str], str] = field(default_factory=dict)

    def write_site(self, folder: Path) -> Path:
        """Writes the site's files into a folder of the clip's name."""
        site = folder / self.name
        site.mkdir(parents=True, exist_ok=True)
        for name, text in self.documents.items():
            (site / name).write_text(text, encoding="utf-8")
        return site


def clips() -> list[Clip]:
    """Every real clip, in the order in which they are reported."""
    plaza = _by_frames("plaza_walking", size=(1280, 720), fps=25.0, start="2021-07-16T12:00:00")
    street = _by_frames("suburban_street", size=(640, 352), fps=113125 / 4711, start="2017-09-05T12:00:00")
    return [plaza, street, *_dresden(in_metres=False), *_dresden(in_metres=True)]


def _by_frames(name: str, *, size: tuple[int, int], fps: float, start: str) -> Clip:
    folder = SHARED / "footage" / name
    known = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    lines = {line["name"]: (line["p0"], line["p1"], line["in_direction"]) for line in known["lines"]}
    inward = {name: _is_forward(*ends) for name, ends in lines.items()}
    rows = [
        (c["line"].lower(), _direction(inward[c["line"]] == (c["dir"] == "in")), _CLASSES[c["class"]], c["frame"] / fps)
        for c in known["crossings"]
    ]
    described = [_line(name, p0, p1, is_inward=inward[name]) for name, (p0, p1, _) in lines.items()]
    documents = {"site.yaml": _site(name, size, described)}
    until = (known["frames"][1] + 1) / fps
    return Clip(name, folder / "recording.mp4", start, documents, _truth(rows), until)


def _dresden(*, in_metres: bool) -> list[Clip]:
    known = json.loads((_DRESDEN / "truth.json").read_text(encoding="utf-8"))
    middle = np.mean([point for ends in known["lines_px"].values() for point in ends], axis=0)
    inward = {
        name: _is_forward(p0, p1, middle - np.mean([p0, p1], axis=0)) for name, (p0, p1) in known["lines_px"].items()
    }
    name = "dresden_metres" if in_metres else "dresden"
    documents = _dresden_documents(name, known["lines_px"], inward, in_metres=in_metres)
    return [
        Clip(
            f"{name}_{suffix}",
            next(_DRESDEN.glob(f"*FR20_2020-02-20_13-11-{suffix}.mp4")),
            None,
            documents,
            _truth(_passages(known["flows"], inward, first=first, last=last)),
            10.0,
        )
        for suffix, first, last in (("00", 1, 200), ("10", 201, 399))
    ]


def dresden_flows() -> Counter[tuple[str, str, str]]:
    """How many road users truly went from line to line, by class; vans and cars together."""
    known = json.loads((_DRESDEN / "truth.json").read_text(encoding="utf-8"))
    ways = [(str(f["from"]).lower(), str(f["to"]).lower(), _CLASSES[str(f["road_user"])]) for f in known["flows"]]
    return Counter((a, b, "motor_vehicle" if c in ("car", "van") else c) for a, b, c in ways)


def _passages(
    flows: list[dict[str, object]], inward: dict[str, bool], *, first: int, last: int
) -> list[tuple[str, str, str, float]]:
    """Line passages of one clip: every flow enters at one line and leaves at another."""
    rows = []
    for flow in flows:
        for end, enters in (("from", True), ("to", False)):
            frame, line = int(str(flow[f"{end}_frame"])), str(flow[end])
            if first <= frame <= last:
                direction = _direction(inward[line] == enters)
                rows.append((line.lower(), direction, _CLASSES[str(flow["road_user"])], (frame - first) / 20.0))
    return rows


def _dresden_documents(
    name: str, lines: dict[str, list[list[float]]], inward: dict[str, bool], *, in_metres: bool
) -> dict[str, str]:
    described = [_line(line, p0, p1, is_inward=inward[line], anchor=[0.5, 0.5]) for line, (p0, p1) in lines.items()]
    pattern = "Testvideo_FR20_%Y-%m-%d_%H-%M-%S"
    if not in_metres:
        return {"site.yaml": _site(name, (800, 600), described, file_name_time=pattern)}
    points = json.loads((_DRESDEN / "Testvideo_FR20.otrfpts").read_text(encoding="utf-8")).values()
    rows = [(p["x_px"], p["y_px"], p["lon_utm"], p["lat_utm"]) for p in points]
    csv_text = "x_px,y_px,easting_m,northing_m\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n"
    calibration = {
        "control_points": "control_points.csv",
        "exception": {
            "reason": "Only these five points were ever surveyed; kept to show the way, not to measure by.",
            "recorded_by": "Passant developers",
            "recorded_on": "2026-11-23",
        },
    }
    site = {"crs": "EPSG:25832", "origin": [13.9104, 51.0627]}
    documents = {
        "site.yaml": _site(name, (800, 600), [], file_name_time=pattern, calibration=calibration, **site),
        "control_points.csv": csv_text,
    }
    return {**documents, "lines.geojson": _ground_lines(documents, name, lines, inward)}


def _ground_lines(
    documents: dict[str, str], name: str, lines: dict[str, list[list[float]]], inward: dict[str, bool]
) -> str:
    """The pixel lines carried to the ground by the site's own plane."""
    from geo.site import read_site

    site = read_site(documents, name)
    plane, frame = site.calibrations[f"{name}_camera"].plane, site.frame
    assert frame is not None
    features = []
    for line, ends in lines.items():
        ground = plane.to_ground(np.array(ends, dtype=float))
        if np.isnan(ground).any():
            continue
        labels = ("in", "out") if inward[line] else ("out", "in")
        properties = {"line_id": line.lower(), "name": line, "camera_id": f"{name}_camera"}
        properties |= {"forward": labels[0], "backward": labels[1]}
        geometry = {"type": "LineString", "coordinates": frame.to_lonlat(ground).tolist()}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features})


def _is_forward(p0: list[float], p1: list[float], inward: list[float] | np.ndarray) -> bool:
    """Whether going inward crosses p0 -> p1 from a viewer's left to the right."""
    along = np.subtract(p1, p0)
    return bool(np.dot([-along[1], along[0]], inward) > 0)


def _direction(is_forward: bool) -> str:
    return "forward" if is_forward else "backward"


def _line(name: str, p0: list[float], p1: list[float], *, is_inward: bool, **more: object) -> dict[str, object]:
    labels = ("in", "out") if is_inward else ("out", "in")
    ends = {"start_px": p0, "end_px": p1}
    return {"line_id": name.lower(), "name": name, **ends, "forward": labels[0], "backward": labels[1], **more}


def _site(
    name: str,
    size: tuple[int, int],
    lines: list[dict[str, object]],
    *,
    file_name_time: str | None = None,
    calibration: dict[str, object] | None = None,
    **more: object,
) -> str:
    camera = {"camera_id": f"{name}_camera", "size_px": list(size), "file_name_time": file_name_time}
    camera |= {"counting_lines": lines, "calibration": calibration}
    return yaml.safe_dump({"site_id": name, "name": name, "time_zone": "Europe/Berlin", "cameras": [camera], **more})


def _truth(rows: list[tuple[str, str, str, float]]) -> pl.DataFrame:
    columns = ["line_id", "direction", "road_user", "time_s"]
    return pl.DataFrame(rows, schema=columns, orient="row").sort("time_s")


def write_truth(truth: pl.DataFrame, path: Path) -> None:
    """Writes a truth table as the CSV that ``passant evaluate`` reads."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(truth.columns)
        writer.writerows(truth.iter_rows())
