"""Tracking: processor time per frame of the recording, beside Ultralytics' own ``track``, in one run.

Stock is ``yolo track`` as it comes; tuned is the best it can be made without code: OpenVINO export,
ByteTrack, every third frame. ``alike`` are both at the same model, size, engine, precision and rate.
Counts at a reduced rate are those of simulated lanes (`tests.detectors.lanes`), where truth is known.
PERFORMANCE targets 1 to 3 and 5; association (4) has a benchmark of its own.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from detectors.backends import OpenVino
from detectors.exports import Exports, import_openvino
from detectors.flow_prior import FlowPrior
from detectors.letterbox import Letterbox
from detectors.quantise import quantised
from detectors.road_users import RoadUser, road_user_of
from detectors.track_video import FrameRate, track_video
from detectors.tracker import Tracker, TrackerSettings
from detectors.tracks import Tracks
from detectors.video import Decoding, read_frames
from detectors.weights import import_ultralytics
from detectors.yolo import YoloDetector, YoloSettings
from tests import builders
from tests.detectors import lanes

FRAMES, ROUNDS, EVERY = 120, 3, 3
SIZE_PX, SMALL_PX = 640, 416
RECORDING = next(Path("data/demo").glob("*.mp4"))
WEIGHTS = Path("data/demo/detector.pt")
WORK = Path("data/var/bench")
CONFIG = Path("data/var/ultralytics")
EXPORTS = Exports(WEIGHTS, Path("data/var/exports"), CONFIG)
CAMERA = builders.camera(size_px=(1280, 720))
REPORT = Callable[[str, float, float], None]


def bench_tracking(report: REPORT) -> None:
    """Prints a figure for every target; ``report`` takes name, figure and target."""
    works = _works()
    for work in works.values():
        work()  # once without the clock: exports, caches, first frames
    cpu_ms: dict[str, list[float]] = {name: [] for name in works}
    frames_per_s: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            cpu, wall = time.process_time(), time.perf_counter()
            work()
            cpu_ms[name].append(1000 * (time.process_time() - cpu) / FRAMES)
            frames_per_s[name].append(FRAMES / (time.perf_counter() - wall))
    of = {name: statistics.median(rounds) for name, rounds in cpu_ms.items()}
    for name, ms in of.items():
        print(f"# {name}: {ms:.1f} cpu-ms per frame, {statistics.median(frames_per_s[name]):.1f} frames/s")
    report("tracking_stock_over_ours_tuned", of["stock"] / of["int8 416 px, every third"], 10.0)
    report("tracking_tuned_stock_over_ours_tuned", of["tuned stock"] / of["int8 416 px, every third"], 1.5)
    report("tracking_stock_over_ours_every_frame", of["stock"] / of["f32"], 2.2)
    report("tracking_alike_640", of["stock alike 640"] / of["f32"], 1.05)
    report("tracking_alike_416", of["stock alike 416"] / of["f32 416 px"], 1.25)
    report("tracking", (of["decode"] + of["forward"]) / of["f32"], 0.95)
    _reduced_rate(report)


def _works() -> dict[str, Callable[[], object]]:
    clip = short_clip()
    pictures = [Letterbox(CAMERA.size_px, SIZE_PX).fit((image,)) for image in _images(clip)]
    engine = OpenVino(EXPORTS.get("openvino", Letterbox(CAMERA.size_px, SIZE_PX).input_px), 2)
    return {
        "decode": lambda: [None for _ in read_frames(clip, CAMERA, 8, Decoding())],
        "forward": lambda: [engine(picture) for picture in pictures],
        "f32": _ours(clip),
        "f32 416 px": _ours(clip, image_size_px=SMALL_PX),
        "int8 416 px, every third": _ours(clip, EVERY, image_size_px=SMALL_PX, precision="int8", quantised=_int8(clip)),
        "stock": _stock(clip, WEIGHTS, imgsz=SIZE_PX),
        "tuned stock": _stock(clip, _their_export(SIZE_PX), imgsz=SIZE_PX, tracker="bytetrack.yaml", vid_stride=EVERY),
        "stock alike 640": _stock(clip, _their_export(SIZE_PX), imgsz=SIZE_PX, tracker="bytetrack.yaml", f32=True),
        "stock alike 416": _stock(clip, _their_export(SMALL_PX), imgsz=SMALL_PX, tracker="bytetrack.yaml", f32=True),
    }


def _ours(clip: Path, every: int = 1, **how: object) -> Callable[[], object]:
    detector = YoloDetector(WEIGHTS, YoloSettings(backend="openvino", **how))  # type: ignore[arg-type]

    def work() -> object:
        parts, report = track_video(
            clip, CAMERA, detector, recording_id="bench", start_utc=builders.START, rate=FrameRate(every)
        )
        return list(parts), report

    return work


def _stock(clip: Path, model: Path, *, f32: bool = False, **options: object) -> Callable[[], object]:
    """Ultralytics' track; at f32, OpenVINO is held to it, which its own code leaves to the processor."""
    ultralytics = import_ultralytics(CONFIG)
    yolo = ultralytics.YOLO(str(model), task="detect")

    def work() -> object:
        ov = import_openvino()
        original = ov.Core.compile_model
        if f32:
            ov.Core.compile_model = lambda *a, config, **k: original(
                *a, config={**config, "INFERENCE_PRECISION_HINT": "f32"}, **k
            )
        try:
            found = yolo.track(str(clip), stream=True, device="cpu", verbose=False, save=False, **options)
            return [result.boxes.id for result in found]
        finally:
            ov.Core.compile_model = original
            yolo.predictor.trackers[0].reset()

    return work


def stock(size_px: int) -> Callable[[], object]:
    """``yolo track`` as it comes, but for its size, on the first frames of the demo recording."""
    return _stock(short_clip(), WEIGHTS, imgsz=size_px)


def stock_tracks(video: Path, size_px: int) -> pl.DataFrame:
    """What it follows in a recording as TRACKS, each of the class it has most often."""
    results = import_ultralytics(CONFIG).YOLO(str(WEIGHTS), task="detect").track(
        str(video), stream=True, device="cpu", verbose=False, save=False, imgsz=size_px
    )  # fmt: skip
    rows = []
    for batch, result in zip(read_frames(video, CAMERA, 1, Decoding()), results, strict=True):
        time_utc = builders.START + timedelta(seconds=batch.time_s[0])
        for row in result.boxes.data.tolist() if result.boxes.is_track else []:
            *corners, number, score, label = row
            road_user = road_user_of(result.names[int(label)])
            rows.append(
                ("bench", int(number), batch.number[0], time_utc, road_user and road_user.value, score, *corners)
            )
    found = pl.DataFrame(rows, schema=Tracks.column_names(), orient="row").drop_nulls()
    voted = pl.col("road_user").mode().sort().first().over("track_id")
    return Tracks.validate(found.with_columns(voted).sort("track_id", "frame"), cast=True)


def _their_export(size_px: int) -> Path:
    """Ultralytics' own OpenVINO export for pictures of the clip's shape."""
    folder = WORK / str(size_px)
    made = folder / "detector_openvino_model"
    if not made.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        copy = Path(shutil.copyfile(WEIGHTS, folder / "detector.pt"))
        width, height = Letterbox(CAMERA.size_px, size_px).input_px
        import_ultralytics(CONFIG).YOLO(str(copy)).export(format="openvino", imgsz=(height, width), verbose=False)
    return made


def _int8(clip: Path) -> Path:
    letterbox = Letterbox(CAMERA.size_px, SMALL_PX)
    pictures = [letterbox.fit((image,)) for image in _images(clip)[::4]]
    return quantised(EXPORTS, letterbox.input_px, pictures)


def _images(clip: Path) -> list[np.ndarray]:
    return [image for batch in read_frames(clip, CAMERA, 8, Decoding()) for image in batch.images]


def short_clip() -> Path:
    """The first frames of the demo recording, in a file of their own."""
    images = (image for batch in read_frames(RECORDING, CAMERA, 8, Decoding()) for image in batch.images)
    return builders.video(WORK / "clip.mp4", islice(images, FRAMES))


def _reduced_rate(report: REPORT) -> None:
    """Share of crossings counted at about one length of the box per processed frame, with and without the prior."""
    speed_px, every = 12.0, 6
    taught = _tracked(lanes.traffic(99, speed_px, frames=450)[0], 1, None)
    prior = FlowPrior.learned(taught, lanes.SIZE_PX)
    with_prior = without = true = 0
    for seed in range(4):
        found, crossed = lanes.traffic(seed, speed_px)
        true += crossed
        with_prior += _counted(_tracked(found, every, prior))
        without += _counted(_tracked(found, every, None))
    d = speed_px * every / lanes.LENGTH_PX
    print(f"# d = {d:.2f}: {with_prior} with the prior, {without} without, of {true} crossings")
    report("reduced_rate_counted", with_prior / true, 0.98)
    report("reduced_rate_lost_without", 1 - without / true, 0.9)


def _tracked(found, every: int, prior: FlowPrior | None):
    tracker = Tracker(TrackerSettings(), prior)
    for frame, (boxes, scores) in list(enumerate(found))[::every]:
        tracker.update(frame, frame / lanes.FPS, boxes, scores, np.full(len(boxes), RoadUser.CAR.code))
    return tracker.tracks()


def _counted(tracks) -> int:
    return lanes.crossings(tracks.select("track_id", "frame", "left_px", "right_px").to_numpy())
