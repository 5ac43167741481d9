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
from itertools import islice
from pathlib import Path

import numpy as np

from detectors.track_video import track_video
from detectors.tracker import TrackerSettings
from detectors.video import Decoding, Frames, read_frames
from detectors.yolo import YoloDetector, YoloSettings
from pipelines.sites import load_site
from tests import builders

ROUNDS = 3
FRAMES = 160
RECORDING = next(Path("data/demo").glob("*.mp4"))


def cpu_s(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds of some work."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def report(name: str, figure: float, target: float) -> None:
    print(f"BENCH {name} {figure:.2f} {target} {'ok' if figure >= target else 'short'}", flush=True)


def tracking() -> None:
    """Pipeline efficiency: (decoding + the bare model's forward) / the whole of tracking, same frames."""
    import torch

    folder = load_site(Path("data/sites/lindenplatz"))
    camera, weights = folder.site.cameras[0], folder.weights
    assert weights is not None
    size = folder.site.detector.image_size_px
    detector = YoloDetector(weights, YoloSettings(image_size_px=size, device="cpu"))
    detector.load()
    clip = _short_clip(camera)
    frames = list(read_frames(clip, camera, 8, Decoding()))
    tensors = [_letterboxed(batch, size) for batch in frames]
    model = detector._loaded[0].predictor.model

    def forward() -> None:
        with torch.inference_mode():
            for tensor in tensors:
                model(tensor)

    def decode() -> None:
        for _ in read_frames(clip, camera, 8, Decoding()):
            pass

    def whole() -> None:
        track_video(clip, camera, detector, recording_id="bench", start_utc=builders.START)

    times: dict[str, list[tuple[float, float]]] = {"forward": [], "decode": [], "whole": []}
    forward()
    for _ in range(ROUNDS):
        for name, work in (("forward", forward), ("decode", decode), ("whole", whole)):
            times[name].append(cpu_s(work))
    cpu = {name: statistics.median(c for c, _ in rounds) for name, rounds in times.items()}
    wall = {name: statistics.median(w for _, w in rounds) for name, rounds in times.items()}
    for name in times:
        print(f"# {name}: {1000 * cpu[name] / FRAMES:.1f} cpu-ms per frame, {FRAMES / wall[name]:.1f} frames/s")
    report("tracking", (cpu["forward"] + cpu["decode"]) / cpu["whole"], 0.95)


def _short_clip(camera: object) -> Path:
    """The first frames of the demo recording, in a file of their own."""
    images: list[np.ndarray] = []
    for batch in read_frames(RECORDING, camera, 8, Decoding()):  # type: ignore[arg-type]
        images += batch.images
        if len(images) >= FRAMES:
            break
    return builders.video(Path("data/var/bench.mp4"), islice(images, FRAMES))


def _letterboxed(batch: Frames, size: int):
    import cv2
    import torch

    height, width = batch.images[0].shape[:2]
    scale = size / width
    rows = -(-round(height * scale) // 32) * 32
    canvas = np.full((len(batch.images), rows, size, 3), 114, np.uint8)
    for i, image in enumerate(batch.images):
        small = cv2.resize(image, (size, round(height * scale)))
        canvas[i, : small.shape[0]] = small
    return torch.from_numpy(canvas[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32) / 255)


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


BENCHMARKS = {
    "tracking": tracking,
    "geo": geo,
    "association": association,
    "dashboard": dashboard,
    "warehouse": warehouse,
    "cost": cost,
    "pipeline": pipeline,
    "orchestration": orchestration,
}


def main() -> None:
    """Runs what ONLY names, or everything."""
    wanted = os.environ.get("ONLY")
    for name, benchmark in BENCHMARKS.items():
        if not wanted or name == wanted:
            benchmark()


if __name__ == "__main__":
    main()
