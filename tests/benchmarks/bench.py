"""``make bench``: speeds as ratios within one run, against the targets of the design.

Prints one line per figure; ONLY=<name> runs one:

    BENCH <name> <figure> <target> ok|short

Ratios are of CPU time of this process, medians of interleaved rounds. Benchmarks measure, tests do
not time.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from detectors.tracker import TrackerSettings

ROUNDS = 3


def cpu_s(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds of some work."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def report(name: str, figure: float, target: float) -> None:
    print(f"BENCH {name} {figure:.2f} {target} {'ok' if figure >= target else 'short'}", flush=True)


def tracking() -> None:
    """Tracking beside Ultralytics' own, and counts at a reduced frame rate."""
    import_module("tests.benchmarks.tracking").bench_tracking(report)


def thrift() -> None:
    """What cheaper ways of running the demo camera save, and what they do to counts."""
    import_module("tests.benchmarks.thrift").bench_thrift(report)


def geo() -> None:
    """What the geo room measures: every module beside this one that has a benchmark of its name."""
    for name in ("crossings", "space", "conflicts", "geo"):
        module = f"tests.benchmarks.{name}"
        if find_spec(module):
            getattr(import_module(module), f"bench_{name}")()


def association() -> None:
    """Milliseconds allowed per frame / needed, for 20, 100 and 300 road users; beside Ultralytics' ByteTrack.

    Then numbers given by the library / by us on the same boxes; fewer are better, n is ideal.
    """
    from tests.detectors import test_tracker_parity as kept

    for n, allowed_ms in ((20, 0.3), (100, 0.7), (300, 1.5)):
        found = kept.scene(n, n, frames=300, recall=0.95, weak=0.1, noise=0.03, spread=1900)
        times: dict[str, list[float]] = {"ours": [], "theirs": []}
        for _ in range(ROUNDS):
            for name, work in (("ours", kept.followed), ("theirs", kept.followed_by_ultralytics)):
                times[name].append(1000 * cpu_s(partial(work, found))[0] / len(found))
        ours_ms, theirs_ms = (statistics.median(times[name]) for name in ("ours", "theirs"))
        numbers = len(set(kept.ours(found, TrackerSettings()).values())), len(set(kept.theirs(found).values()))
        print(f"# {n} road users: {ours_ms:.2f} cpu-ms per frame, {theirs_ms:.2f} theirs; {numbers} numbers")
        report(f"association_{n}", allowed_ms / ours_ms, 1.0)
        report(f"association_{n}_numbers", numbers[1] / numbers[0], 1.0)


def dashboard() -> None:
    """What a reader waits for on a year of 200 sites."""
    import_module("tests.benchmarks.dashboard").bench_dashboard()


def warehouse() -> None:
    """What a planner waits for on a year of 200 sites, without a page around it."""
    import_module("tests.benchmarks.warehouse").bench_warehouse()


def cost() -> None:
    """Machines and money per camera-day (docs/cost.md)."""
    import_module("tests.benchmarks.cost").bench_cost()


def pipeline() -> None:
    """What a run costs that has nothing to do."""
    import_module("tests.benchmarks.pipeline").bench_pipeline()


def orchestration() -> None:
    """What Dagster adds to the stages."""
    import_module("tests.benchmarks.orchestration").bench_orchestration()


def ray() -> None:
    """Recordings tracked side by side: two one-core workers beside one, and beside one of two cores."""
    import_module("tests.benchmarks.fanout").bench_fanout()


BENCHMARKS = {
    "tracking": tracking,
    "thrift": thrift,
    "geo": geo,
    "association": association,
    "dashboard": dashboard,
    "warehouse": warehouse,
    "cost": cost,
    "pipeline": pipeline,
    "orchestration": orchestration,
    "ray": ray,
}


def main() -> None:
    """Runs what ONLY names, or everything."""
    wanted = os.environ.get("ONLY")
    if wanted and wanted not in BENCHMARKS:
        raise SystemExit(f"ONLY={wanted}: is no benchmark. There are: {', '.join(BENCHMARKS)}.")
    for name, benchmark in BENCHMARKS.items():
        if not wanted or name == wanted:
            benchmark()


if __name__ == "__main__":
    main()
