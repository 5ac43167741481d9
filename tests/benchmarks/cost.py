"""What cities of some sizes need: machines and money per camera-day, from figures measured here or given.

    DEVICE='name:frames per second:US dollars per hour' FPS=30 HOURS=24 make bench ONLY=cost

Without DEVICE the first row is a core of this machine, measured on the shipped recording. Prices are
assumptions: give your own.
"""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass
from pathlib import Path

CAMERAS = (10, 1_000, 10_000)
CORE_USD_PER_H = 0.04
# Share of its hours that a device is kept busy; the rest goes to starts, queues and failures.
BUSY = 0.8


@dataclass(frozen=True)
class Device:
    """Something that tracks video: one core or one accelerator, with what feeds it."""

    name: str
    frames_per_s: float
    usd_per_h: float

    @classmethod
    def parse(cls, text: str) -> Device:
        """From 'name:frames per second:US dollars per hour'."""
        name, frames_per_s, usd_per_h = text.rsplit(":", 2)
        return cls(name, float(frames_per_s), float(usd_per_h))


@dataclass(frozen=True)
class Day:
    """What one camera records in a day."""

    fps: float = 30.0
    hours: float = 24.0

    @property
    def frames(self) -> float:
        return self.fps * self.hours * 3600


def device_h(device: Device, day: Day) -> float:
    """Hours of a device for one camera's day."""
    return day.frames / device.frames_per_s / 3600


def devices(device: Device, day: Day, cameras: int) -> int:
    """Devices that keep up with some cameras, each kept busy for BUSY of the time."""
    return max(1, -int(-device_h(device, day) * cameras // (24 * BUSY)))


def table(listed: list[Device], day: Day) -> str:
    """The cost table as Markdown."""
    head = ["device", "frames/s", "device-h per camera-day", "USD per camera-day"]
    head += [f"devices for {cameras:,} cameras" for cameras in CAMERAS]
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for device in listed:
        hours = device_h(device, day)
        needed = [f"{devices(device, day, cameras):,}" for cameras in CAMERAS]
        price = f"{hours * device.usd_per_h / BUSY:.2f}"
        lines.append([device.name, f"{device.frames_per_s:.0f}", f"{hours:.1f}", price, *needed])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bench_cost() -> None:
    """Prints the table for the given device, or for a core of this machine."""
    given = os.environ.get("DEVICE")
    listed = [Device.parse(text) for text in given.split(",")] if given else [_this_core()]
    day = Day(float(os.environ.get("FPS", 30)), float(os.environ.get("HOURS", 24)))
    print(f"# {day.fps:g} frames/s, {day.hours:g} h a day, devices {BUSY:.0%} busy")
    print(table(listed, day))


def _this_core() -> Device:
    """One core on the first frames of the shipped recording, as the demo site runs its detector."""
    from detectors.track_video import track_video
    from detectors.yolo import YoloDetector
    from pipelines.settings import Settings
    from pipelines.sites import load_site
    from pipelines.stages.track import yolo_settings
    from tests import builders
    from tests.benchmarks import bench, tracking

    folder, clip = load_site(Path("data/sites/lindenplatz")), tracking.short_clip()
    detector = YoloDetector(folder.weights, yolo_settings(folder, Settings(Path("data"), device="cpu")))

    def track() -> None:
        track_video(clip, folder.site.cameras[0], detector, recording_id="bench", start_utc=builders.START)

    track()
    cpu_s = statistics.median(bench.cpu_s(track)[0] for _ in range(bench.ROUNDS))
    return Device(f"core of this machine, {detector.name}", tracking.FRAMES / cpu_s, CORE_USD_PER_H)
