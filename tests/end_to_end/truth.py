"""``make truth``: counted beside true on every real clip, unedited.

Each clip is counted by ``passant run`` with the real weights in a folder of its own, then compared
crossing by crossing. Prints one line per line, class and direction met on either side:

    TRUTH <clip> <line> <class> <direction> <counted> <true> <missed> <extra>

Class ``motor_vehicle`` takes car, van, truck and bus together, because COCO knows no van. ONLY=<clip>
runs one clip, WEIGHTS=<file> other weights.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl

from detectors.road_users import MOTOR_VEHICLES
from geo.accuracy import compare
from geo.crossings import Crossings
from pipelines.lake import Lake
from pipelines.settings import Settings
from pipelines.sites import load_site
from pipelines.stages import measure
from pipelines.stages.ingest import examine
from tests.footage import WEIGHTS, Clip, clips

DEFAULT_WEIGHTS = WEIGHTS / "yolo26n.pt"


def count(clip: Clip, data: Path, weights: Path) -> pl.DataFrame:
    """Runs the main job on a clip and compares it with its truth.

    Returns:
        line_id, road_user, direction, counted, true, missed, extra.
    """
    site = clip.write_site(data / "sites")
    arguments = ["run", "--site", str(site), "--recording", str(clip.video), "--weights", str(weights)]
    arguments += ["--start", clip.start] if clip.start else []
    passant = Path(sys.executable).parent / "passant"
    done = subprocess.run(
        [passant, *arguments], env={**os.environ, "PASSANT_DATA": str(data)}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{clip.name}: {done.stderr}")
    folder = load_site(site)
    seen = examine(clip.video, folder.site, folder.site.cameras[0], clip.start)
    counted = Lake.of(Settings(data)).open(Crossings, measure.TABLE, seen.key)
    covered = counted.filter(pl.col("time_utc") < seen.start_utc + timedelta(seconds=clip.counted_s))
    since_start = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    truth = clip.truth.with_columns(time_utc=pl.lit(seen.start_utc, pl.Datetime("us", "UTC")) + since_start)
    by_class = compare(covered, truth)
    return pl.concat([by_class, compare(_vehicles(covered), _vehicles(truth))]).sort(
        "line_id", "road_user", "direction"
    )


def _vehicles(crossings: pl.DataFrame) -> pl.DataFrame:
    motor = crossings.filter(pl.col("road_user").cast(pl.String).is_in([r.value for r in MOTOR_VEHICLES]))
    return motor.with_columns(road_user=pl.lit("motor_vehicle"))


def main() -> None:
    """Prints the table of every clip asked for."""
    wanted, weights = os.environ.get("ONLY"), Path(os.environ.get("WEIGHTS", DEFAULT_WEIGHTS))
    print(f"# weights {weights.name}; matched within 1 s")
    for clip in clips():
        if wanted and clip.name != wanted:
            continue
        with tempfile.TemporaryDirectory(prefix="passant-truth-") as folder:
            rows = count(clip, Path(folder), weights)
        notes = {site.calibration_note(c.camera_id) for site in [_site(clip)] for c in site.cameras} - {None}
        for note in notes:
            print(f"# {clip.name}: {note}")
        for row in rows.iter_rows(named=True):
            numbers = " ".join(str(row[name]) for name in ("counted", "true", "missed", "extra"))
            print(f"TRUTH {clip.name} {row['line_id']} {row['road_user']} {row['direction']} {numbers}", flush=True)


def _site(clip: Clip):
    from geo.site import read_site

    return read_site(clip.documents, clip.name)


if __name__ == "__main__":
    main()
