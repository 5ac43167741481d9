"""``make truth``: counted beside true on every real clip, unedited.

Each clip is counted by ``passant run`` with the real weights in a folder of its own, then compared
crossing by crossing. Prints one line per line, class and direction met on either side, one per miss
with its cause, and one per flow:

    TRUTH <clip> <line> <class> <direction> <counted> <true> <missed> <extra>
    MISS <clip> <line> <class> <direction> <seconds> <cause>
    FLOW <clip> <from> <to> <class> <counted> <true>
    SUM <clip> missed <n> extra <n> of <n>; fragments joined <n>, crossings that hang on it <n>; d <p95>

Class ``motor_vehicle`` takes car, van, truck and bus together, because COCO knows no van; causes and
sums are by it. Flows enter by one line and leave by another, so Dresden's two clips, which follow
each other, are counted as one recording: by ground contact, as a camera is where no anchor is named
(``dresden``), and by the middle of the box, as the counter that its lines come from does
(``dresden_middle``). Its truth leaves out who walks. ONLY=<clip> runs one clip, WEIGHTS=<file> other weights.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import polars as pl
import yaml
from av.video.frame import PictureType

from detectors.road_users import MOTOR_VEHICLES
from detectors.tracks import Tracks
from geo.accuracy import ImageLine, compare, match, miss_causes
from geo.crossings import Crossings
from geo.site import Site, read_site
from pipelines.lake import Lake
from pipelines.settings import Settings
from pipelines.sites import load_site
from pipelines.stages import measure, track
from pipelines.stages.ingest import examine
from tests.footage import WEIGHTS, Clip, clips, dresden_flows

DEFAULT_WEIGHTS = WEIGHTS / "yolo26n.pt"


@dataclass(frozen=True)
class Result:
    """A counted clip: its table, its misses with causes, its crossings and its tracking report."""

    rows: pl.DataFrame
    misses: pl.DataFrame
    crossings: pl.DataFrame
    report: dict[str, Any]


def count(clip: Clip, data: Path, weights: Path) -> Result:
    """Runs the main job on a clip and compares it with its truth.

    ``rows`` has line_id, road_user, direction, counted, true, missed, extra.
    """
    site = clip.write_site(data / "sites")
    arguments = ["run", "--site", str(site), "--recording", str(clip.video), "--weights", str(weights)]
    arguments += ["--start", clip.start] if clip.start else []
    done = subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments],
        env={**os.environ, "PASSANT_DATA": str(data)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{clip.name}: {done.stderr}")
    folder, lake = load_site(site), Lake.of(Settings(data))
    seen = examine(clip.video, folder.site, folder.site.cameras[0], clip.start)
    crossings = lake.open(Crossings, measure.TABLE, seen.key)
    covered = crossings.filter(pl.col("time_utc") < seen.start_utc + timedelta(seconds=clip.counted_s))
    since_start = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    truth = clip.truth.with_columns(time_utc=pl.lit(seen.start_utc, pl.Datetime("us", "UTC")) + since_start)
    vehicles = [t.filter(_is_motor()).with_columns(road_user=pl.lit("motor_vehicle")) for t in (covered, truth)]
    rows = pl.concat([compare(covered, truth), compare(*vehicles)]).sort("line_id", "road_user", "direction")
    events = match(*(t.with_columns(road_user=_coarse()) for t in (covered, truth)))
    lines = {k: v for k, v in _image_lines(folder.site).items() if k in events["line_id"]}
    misses = pl.DataFrame(schema={"line_id": pl.String})
    if len(lines) == events["line_id"].n_unique():
        tracks = lake.open(Tracks, track.TABLE, seen.key)
        misses = miss_causes(events, tracks, lines, folder.site.cameras[0].size_px)
        misses = misses.with_columns(time_s=(pl.col("time_utc") - seen.start_utc).dt.total_milliseconds() / 1000)
    report = lake.open(track.TrackingReports, track.REPORTS, seen.key).row(0, named=True)
    return Result(rows, misses, crossings, report)


def _is_motor() -> pl.Expr:
    return pl.col("road_user").cast(pl.String).is_in([r.value for r in MOTOR_VEHICLES])


def _coarse() -> pl.Expr:
    return pl.when(_is_motor()).then(pl.lit("motor_vehicle")).otherwise(pl.col("road_user").cast(pl.String))


def _image_lines(site: Site) -> dict[str, ImageLine]:
    """Lines in pixels with their anchors, and lines on the ground as the camera sees them."""
    lines = {line.line_id: ImageLine(np.array(line.path), line.anchor) for line in site.lines if line.space == "image"}
    for line in site.lines:
        if line.space == "ground":
            plane = site.calibrations[line.camera_id].plane
            lines[line.line_id] = ImageLine(plane.to_pixels(np.array(line.path)), (0.5, 1.0))
    return lines


def flows(crossings: pl.DataFrame) -> Counter[tuple[str, str, str]]:
    """How many tracks went from each line to each other one, by class."""
    ways: Counter[tuple[str, str, str]] = Counter()
    ordered = crossings.with_columns(road_user=_coarse()).sort("track_id", "time_utc")
    for _, one in ordered.group_by("track_id", maintain_order=True):
        first, last = one["line_id"][0], one["line_id"][-1]
        if first != last:
            ways[first, last, one["road_user"][0]] += 1
    return ways


def joined_dresden(folder: Path) -> list[Clip]:
    """Dresden's two clips as one recording, counted by ground contact and by the middle of boxes."""
    first, second = (c for c in clips() if c.name in ("dresden_00", "dresden_10"))
    video = folder / first.video.name
    _concatenate([first.video, second.video], video)
    later = second.truth.with_columns(pl.col("time_s") + first.counted_s)
    by_middle = replace(
        first, name="dresden_middle", video=video, truth=pl.concat([first.truth, later]), counted_s=20.0
    )
    document = yaml.safe_load(by_middle.documents["site.yaml"])
    document["site_id"] = "dresden_contact"
    for line in document["cameras"][0]["counting_lines"]:
        del line["anchor"]
    return [replace(by_middle, name="dresden", documents={"site.yaml": yaml.safe_dump(document)}), by_middle]


def _concatenate(parts: list[Path], whole: Path) -> None:
    """Puts one file's frames after the other's; losslessly encoded, for their streams do not fit together."""
    with av.open(str(whole), "w") as out:
        stream, offset_s = None, Fraction(0)
        for part in parts:
            with av.open(str(part)) as container:
                source = container.streams.video[0]
                base = source.time_base
                if stream is None:
                    stream = out.add_stream("libx264", options={"qp": "0", "preset": "ultrafast"})
                    stream.width, stream.height, stream.pix_fmt = source.width, source.height, source.pix_fmt
                    stream.time_base = stream.codec_context.time_base = base
                for frame in container.decode(source):
                    frame.pts, frame.pict_type = frame.pts + int(offset_s / base), PictureType.NONE
                    out.mux(stream.encode(frame))
                offset_s += source.duration * base
        out.mux(stream.encode(None))


def print_result(clip: Clip, result: Result) -> None:
    for row in result.rows.iter_rows(named=True):
        numbers = " ".join(str(row[name]) for name in ("counted", "true", "missed", "extra"))
        print(f"TRUTH {clip.name} {row['line_id']} {row['road_user']} {row['direction']} {numbers}", flush=True)
    for miss in result.misses.iter_rows(named=True):
        where = f"{miss['line_id']} {miss['road_user']} {miss['direction']}"
        print(f"MISS {clip.name} {where} {miss['time_s']:.1f} {miss['cause']}")
    coarse = result.rows.filter(~_is_motor())
    missed, extra, true = (coarse[name].sum() for name in ("missed", "extra", "true"))
    joints, hanging = len(result.report["joint_track_id"]), track.hanging_on_joints(result.crossings, result.report)
    d = result.report["displacement_p95"] or 0.0
    print(f"SUM {clip.name} missed {missed} extra {extra} of {true}; fragments joined {joints}, ", end="")
    print(f"crossings that hang on it {hanging}; d {d:.2f}", flush=True)


def _print_flows(clip: Clip, crossings: pl.DataFrame) -> None:
    found, true = flows(crossings), dresden_flows()
    for way in sorted(found.keys() | true.keys()):
        print(f"FLOW {clip.name} {' '.join(way)} {found[way]} {true[way]}")
    right = sum((found & true).values())
    print(f"SUM {clip.name} {right} of {sum(true.values())} flows, {sum((found - true).values())} extra", flush=True)


def main() -> None:
    """Prints the table of every clip asked for."""
    wanted, weights = os.environ.get("ONLY"), Path(os.environ.get("WEIGHTS", DEFAULT_WEIGHTS))
    print(f"# weights {weights.name}; matched within 1 s")
    with tempfile.TemporaryDirectory(prefix="passant-truth-") as folder:
        joined = joined_dresden(Path(folder))
        there = [*clips(), *joined]
        chosen = [clip for clip in there if not wanted or clip.name == wanted]
        if not chosen:
            raise SystemExit(f"ONLY={wanted}: is no clip. There are: {', '.join(clip.name for clip in there)}.")
        for clip in chosen:
            result = count(clip, Path(folder) / clip.name, weights)
            site = read_site(clip.documents, clip.name)
            for note in {site.calibration_note(c.camera_id) for c in site.cameras} - {None}:
                print(f"# {clip.name}: {note}")
            print_result(clip, result)
            if clip in joined:
                _print_flows(clip, result.crossings)


if __name__ == "__main__":
    main()
