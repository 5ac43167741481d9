import numpy as np
import pytest

from detectors.motion_gate import MotionGate, everything
from detectors.track_video import FrameRate, track_video
from detectors.video import Frames
from tests import builders

STREET = np.random.default_rng(1).integers(60, 180, (120, 160, 3)).astype(np.uint8)


def frames(*images, fps=10):
    return Frames(tuple(range(len(images))), tuple(i / fps for i in range(len(images))), images)


def moved(*images, **options):
    return MotionGate(**options).glance(frames(*images)).has_moved


def with_box(left, brightness=255):
    image = STREET.copy()
    image[40:64, left : left + 12] = brightness
    return image


def test_the_first_frame_is_looked_at_and_then_what_moves():
    assert moved(STREET, STREET, with_box(20), with_box(20), with_box(26)) == (True, False, True, False, True)


def test_noise_is_no_movement():
    rng = np.random.default_rng(2)
    noisy = [np.clip(STREET + rng.normal(0, 6, STREET.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    assert moved(*noisy) == (True, *[False] * 19)


def test_slow_movement_adds_up_until_it_is_seen():
    looked = moved(*(with_box(20 + i // 5) for i in range(40)))
    assert 3 < sum(looked) < 20


def test_the_detector_looks_again_after_a_while_in_any_case():
    assert moved(*[STREET] * 41, longest_s=2.0) == tuple(i % 20 == 0 for i in range(41))


def test_batches_go_on_from_each_other():
    gate = MotionGate()
    assert gate.glance(frames(STREET)).has_moved == (True,)
    glance = gate.glance(frames(STREET, with_box(20)))
    assert glance.has_moved == (False, True)
    assert glance.to_look_at.number == (1,)
    assert everything(frames(STREET, STREET)).to_look_at.number == (0, 1)


class Watcher:
    """Finds the one who stands, and whoever is bright, in the frames it is asked for."""

    name = digest = "watcher"
    road_users, workers = (), 1

    def __init__(self):
        self.asked = []

    def detect(self, batch):
        import supervision as sv

        self.asked += batch.number
        boxes = np.array([[60, 40, 72, 70]], np.float32)
        return [sv.Detections(boxes, confidence=np.array([0.9], np.float32), class_id=np.array([0]))] * len(
            batch.number
        )


@pytest.mark.parametrize("gated", [False, True])
def test_who_stands_still_does_not_vanish(tmp_path, gated):
    images = [np.full((120, 160, 3), 128, np.uint8) for _ in range(150)]
    for i in range(10):
        images[i][40:64, 8 * i : 8 * i + 12] = 255
    path, watcher = builders.video(tmp_path / "a.mp4", images), Watcher()
    parts, report = track_video(
        path, builders.camera(), watcher, recording_id="r", start_utc=builders.START, rate=FrameRate(is_gated=gated)
    )
    (tracks,) = parts
    assert tracks["track_id"].unique().to_list() == [1]
    assert tracks["frame"].to_list() == list(range(150))
    assert report.inferred_frames == len(watcher.asked)
    assert (len(watcher.asked) < 20) is gated
