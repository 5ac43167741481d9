"""Memory while tracking: as much for two hours as for ten minutes."""

import subprocess
import sys

import pytest

# Twenty road users cross a tiny picture in turn; nothing in the child but tracking keeps anything.
CHILD = """
import resource, sys
from datetime import date
from pathlib import Path
import numpy as np
import supervision as sv
from detectors.recorded import RecordedDetector
from detectors.track_video import track_video
from detectors.tracks import Tracks
from pipelines.lake import Lake, RecordingKey
from tests import builders

folder, seconds = Path(sys.argv[1]), int(sys.argv[2])
FPS, N = 5, 20

class Crowd(RecordedDetector):
    def __init__(self):
        pass
    def _of_frame(self, number):
        x = (number / 20 + 20 * np.arange(N)) % 400
        y = 20.0 * np.arange(N)
        boxes = np.stack([x, y, x + 10, y + 15], axis=1).astype(np.float32)
        return sv.Detections(xyxy=boxes, confidence=np.full(N, 0.9, np.float32), class_id=np.zeros(N, int))

still = np.full((32, 48, 3), 128, np.uint8)
video = builders.video(folder / "long.mp4", (still for _ in range(FPS * seconds)), fps=FPS, gop=250)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
parts, report = track_video(
    video, builders.camera(size_px=(48, 32)), Crowd(), recording_id="long", start_utc=builders.START
)
lake, key = Lake(folder / "lake"), RecordingKey("long", "pole", date(2026, 6, 10))
with lake.saving(key, "x") as save:
    save(Tracks, "tracks", parts)
path = lake.path("tracks", key)
assert report.frames == FPS * seconds and report.boxes == N * report.frames
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, path.stat().st_size, report.tracks)
"""


def needed_mb(folder, minutes):
    """MB beyond those in use before tracking."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), str(60 * minutes)], capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[0]) / 1024


@pytest.mark.slow
def test_two_hours_need_as_much_memory_as_ten_minutes(tmp_path):
    short, long = needed_mb(tmp_path / "short", 10), needed_mb(tmp_path / "long", 120)
    print(f"{short:.0f} MB for ten minutes, {long:.0f} MB for two hours")
    assert long < short + 120
