"""Recordings tracked side by side on Ray: two one-core workers beside one, and beside one of two cores.

Each worker is a node of a cluster on this machine, held to cores of its own. The shipped detector looks at
pieces of the shipped recording. Times are wall time, so the machine must be quiet; models are loaded before
the clock starts, as that takes seconds of a day of hours. Rounds are interleaved, ratios are taken within a round.

What the machine allows is measured in the same rounds: one and two plain processes, held to the same cores,
which do the same without Ray. Two cores of one machine share its caches, its memory and, often, a physical core.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from detectors.video import Decoding, read_frames
from pipelines.settings import Fanout, Settings
from pipelines.stages import fanout
from pipelines.stages.fanout import Job, track_side_by_side
from pipelines.stages.site_day import SiteDay
from pipelines.stages.track import TABLE
from tests import builders, ray_nodes
from tests.benchmarks.bench import ROUNDS, report

PIECES, FRAMES = int(os.environ.get("PIECES", "8")), int(os.environ.get("FRAMES", "120"))


@dataclass(frozen=True)
class Workers:
    """Nodes of some cores each, and how many of them a recording is given."""

    name: str
    cores: tuple[int, ...]
    cpus: int = 1


ONE, TWO, WIDE = Workers("one of one core", (1,)), Workers("two of one core", (1, 1)), Workers("one of two", (2,), 2)


def bench_fanout() -> None:
    """Speed of two one-core workers over that of one, and over that of one two-core worker."""
    there = sorted(os.sched_getaffinity(0))
    if not find_spec("ray") or len(there) < 2:
        print("# not measured: needs the extra ray and two cores")
        return
    plain: dict[int, list[float]] = {1: [], 2: []}
    seconds: dict[Workers, list[float]] = {ONE: [], TWO: [], WIDE: []}
    with TemporaryDirectory() as folder, ExitStack() as held:
        day = recorded(Path(folder) / "data", PIECES, FRAMES)
        processes = [held.enter_context(_process(core)) for core in there[:2]]
        for _ in range(ROUNDS):
            for number, rounds in plain.items():
                rounds.append(_plainly_s(day, processes[:number]))
            for workers, rounds in seconds.items():
                with _cluster(workers, there) as address:
                    rounds.append(_tracked_s(day, Fanout(address, workers.cpus)))
    _say("one plain process", plain[1])
    _say("two plain processes", plain[2])
    for workers, rounds in seconds.items():
        _say(workers.name, rounds)
    print(f"# two plain processes over one: {_ratio(plain[1], plain[2]):.2f}, which is what this machine allows")
    report("ray_two_workers_over_one", _ratio(seconds[ONE], seconds[TWO]), 1.8)
    report("ray_two_workers_over_one_of_two_cores", _ratio(seconds[WIDE], seconds[TWO]), 0.95)
    report("ray_two_workers_over_two_plain_processes", _ratio(plain[2], seconds[TWO]), 0.95)


def _say(name: str, rounds: list[float]) -> None:
    print(f"# {name}: {PIECES * FRAMES / statistics.median(rounds):.1f} frames/s")


def _ratio(slow_s: list[float], fast_s: list[float]) -> float:
    return statistics.median(slow / fast for slow, fast in zip(slow_s, fast_s, strict=True))


@contextmanager
def _cluster(workers: Workers, there: list[int]) -> Iterator[str]:
    """Nodes held to the first two cores of this machine; stock watching, for no node is killed."""
    pins, first = [], 0
    for offered in workers.cores:
        pins.append(set(there[first : first + offered]))
        first += offered
    with ray_nodes.cluster(workers.cores, pins, watch={}) as (address, _):
        yield address


def recorded(data: Path, pieces: int, frames: int) -> SiteDay:
    """A day of the demo site with as many pieces of its recording, each of so many frames, taken in."""
    settings = Settings(data)
    settings.sites.mkdir(parents=True)
    for name, shipped in (("sites/lindenplatz", "data/sites/lindenplatz"), ("var", "data/var")):
        Path(shipped).mkdir(parents=True, exist_ok=True)
        (data / name).symlink_to(Path(shipped).resolve())
    day = SiteDay.of("lindenplatz", builders.DAY, settings)
    camera = day.folder.site.cameras[0]
    batches = read_frames(next(Path("data/demo").glob("*.mp4")), camera, 8, Decoding())
    images = (image for batch in batches for image in batch.images)
    piece = builders.video(settings.recordings / camera.camera_id / "piece.mp4", islice(images, frames))
    for number in range(pieces):
        shutil.copyfile(piece, piece.with_name(f"lindenplatz_pole_2026-06-10_08-{number:02d}-00.mp4"))
    piece.unlink()
    day.ingest()
    return day


@contextmanager
def _process(core: int) -> Iterator[ProcessPoolExecutor]:
    """A process held to one core, as a worker is."""
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_held_to, initargs=(core,)) as process:
        yield process


def _held_to(core: int) -> None:
    os.sched_setaffinity(0, {core})
    os.environ["OMP_NUM_THREADS"] = "1"


def _plainly_s(day: SiteDay, processes: Sequence[ProcessPoolExecutor]) -> float:
    """Wall seconds in which processes that have loaded their models track all pieces, dealt out in turn."""
    settings = fanout._on_every_node(day.settings, Fanout("auto"))
    jobs = [fanout._job(day.folder, one, settings, None, fanout.make_detector) for one in day._taken_in()]
    for dealt in (
        [[job] for job in jobs[: len(processes)]],
        [jobs[i :: len(processes)] for i in range(len(processes))],
    ):
        shutil.rmtree(settings.lake / TABLE, ignore_errors=True)
        began = time.perf_counter()
        running = [process.submit(_track_all, some) for process, some in zip(processes, dealt, strict=True)]
        assert not any(one.result() for one in running)
    return time.perf_counter() - began


def _track_all(jobs: Sequence[Job]) -> bool:
    """Whether any of them was tracked already."""
    return sum(fanout._track(job).is_reused for job in jobs) > 0


def _tracked_s(day: SiteDay, fanout: Fanout) -> float:
    """Wall seconds in which workers that have loaded their models track all pieces."""
    import ray

    settings, recordings = replace(day.settings, fanout=fanout), list(day._taken_in())
    ray.init(address=fanout.address, log_to_driver=False, logging_level="WARNING")
    try:
        for known in (recordings[:2], recordings):
            shutil.rmtree(settings.lake / TABLE, ignore_errors=True)
            began = time.perf_counter()
            reports = track_side_by_side(day.folder, known, settings, builders.silence)
            assert not any(report.is_reused for report in reports)
        return time.perf_counter() - began
    finally:
        ray.shutdown()
