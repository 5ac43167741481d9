"""``make seeds``: the demo place filmed from seeds that nothing was made with, counted from video beside true.

Each seed of the scenario is simulated, rendered, compressed and counted by ``passant run`` with the
demo's weights, as if it were a camera's recording. Prints the lines of ``make truth`` for every seed,
then, over all of them:

    COUNT <line or all> <pedestrians or vehicles> <direction> <counted> <true> <difference in %>
    SWARM <class> <(true - missed - extra) / true> of <true>
    CAUSE <cause> <misses>

ONLY=<seed> counts one seed, SEEDS=<first>-<last> others, SECONDS=<n> of each instead of 180.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import polars as pl

from pipelines.sites import load_site
from pipelines.stages.evaluate import read_truth
from pipelines.stages.simulate import Footage, film
from tests.end_to_end.truth import Result, count, print_result
from tests.footage import Clip

SITE, WEIGHTS = Path("data/sites/lindenplatz"), Path("data/demo/detector.pt")
HELD_OUT = range(4001, 4004)
_FILE = "lindenplatz_pole_2026-06-10_08-14-00.mp4"


def filmed(folder: Path, seconds: float, seed: int) -> Clip:
    """A recording of one seed, with its truth."""
    video = folder / str(seed) / _FILE
    video.parent.mkdir()
    film(load_site(SITE), Footage(seconds, seed), video, video.with_suffix(".csv"))
    documents = {p.name: p.read_text(encoding="utf-8") for p in SITE.iterdir() if p.is_file()}
    return Clip(f"lindenplatz_{seed}", video, None, documents, read_truth(video.with_suffix(".csv")), seconds)


def counts(rows: pl.DataFrame) -> pl.DataFrame:
    """Counted beside true by line, direction and pedestrians or vehicles, with the difference in percent."""
    on_foot = pl.col("road_user") == "pedestrian"
    kind = pl.when(on_foot).then(pl.lit("pedestrians")).otherwise(pl.lit("vehicles")).alias("kind")
    sums = rows.group_by("line_id", kind, "direction").agg(pl.col("counted", "true").sum())
    return sums.sort("line_id", "kind", "direction").with_columns(
        percent=100 * (pl.col("counted") - pl.col("true")) / pl.col("true")
    )


def _print_sums(results: list[Result]) -> None:
    rows = pl.concat([r.rows for r in results])
    each = rows.filter(pl.col("road_user") != "motor_vehicle")
    for lines in (each, each.with_columns(line_id=pl.lit("all"))):
        for row in counts(lines).iter_rows():
            print("COUNT {} {} {} {} {} {:+.1f} %".format(*row))
    by_class = rows.group_by("road_user").agg(pl.col("true", "missed", "extra").sum()).sort("road_user")
    for road_user, true, missed, extra in by_class.iter_rows():
        print(f"SWARM {road_user} {(true - missed - extra) / true if true else 0:.3f} of {true}")
    misses = pl.concat([r.misses.select(pl.col("cause").cast(pl.String)) for r in results])
    for cause, number in misses.group_by("cause").len().sort("cause").iter_rows():
        print(f"CAUSE {cause} {number}")


def main() -> None:
    """Films, counts and prints every seed asked for."""
    first, last = (int(n) for n in os.environ.get("SEEDS", f"{HELD_OUT[0]}-{HELD_OUT[-1]}").split("-"))
    seeds = [int(os.environ["ONLY"])] if "ONLY" in os.environ else list(range(first, last + 1))
    seconds, results = float(os.environ.get("SECONDS", "180")), []
    print(f"# weights {WEIGHTS.name}; {len(seeds)} seeds of {seconds:.0f} s; matched within 1 s", flush=True)
    with tempfile.TemporaryDirectory(prefix="passant-seeds-") as folder:
        with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
            clips = list(pool.map(partial(filmed, Path(folder), seconds), seeds))
        for clip in clips:
            results.append(count(clip, Path(folder) / clip.name, WEIGHTS))
            print_result(clip, results[-1])
    _print_sums(results)


if __name__ == "__main__":
    main()
