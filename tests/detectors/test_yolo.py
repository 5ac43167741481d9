import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.road_users import RoadUser
from detectors.video import Decoding, probe, read_frames
from detectors.yolo import WeightsError, YoloDetector, YoloSettings
from tests import builders

DEMO = Path("data/demo")
WEIGHTS = DEMO / "detector.pt"
RECORDING = next(DEMO.glob("*.mp4"))


@pytest.fixture
def settings(tmp_path):
    return YoloSettings(config_dir=tmp_path / "ultralytics", device="cpu")


def test_missing_weights_are_named(tmp_path, settings):
    with pytest.raises(WeightsError, match="no such weights.*--weights"):
        YoloDetector(tmp_path / "none.pt", settings)


class Payload:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize(
    "content", [b"", b"these are no weights", None], ids=["empty", "text", "pickle with a payload"]
)
def test_what_is_not_weights_is_refused_and_never_run(tmp_path, settings, content):
    mark = str(tmp_path / "payload-ran")
    path = tmp_path / "evil.pt"
    path.write_bytes(pickle.dumps({"model": Payload(mark)}) if content is None else content)
    with pytest.raises(WeightsError, match="not loadable YOLO weights") as error:
        YoloDetector(path, settings).load()
    assert str(path) in str(error.value)
    assert not os.path.exists(mark)


def test_a_torch_file_with_a_payload_is_never_run(tmp_path, settings):
    import torch

    mark, path = str(tmp_path / "payload-ran"), tmp_path / "evil.pt"
    torch.save({"model": Payload(mark)}, path)
    with pytest.raises(WeightsError, match="not loadable YOLO weights"):
        YoloDetector(path, settings).load()
    assert not os.path.exists(mark)


def test_nothing_is_switched_on_that_reaches_outside():
    code = (
        "from pathlib import Path; from detectors.yolo import import_ultralytics; import sys\n"
        "u = import_ultralytics(Path(sys.argv[1])).utils\n"
        "assert u.SAFE_LOAD and not u.AUTOINSTALL and not u.ONLINE, (u.SAFE_LOAD, u.AUTOINSTALL, u.ONLINE)\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("YOLO", "ULTRALYTICS"))}
    subprocess.run([sys.executable, "-c", code, "data/var/ultralytics"], check=True, env=environment, timeout=120)


def test_digest_depends_on_weights_and_settings_and_needs_no_loading(tmp_path, settings):
    other = tmp_path / "other.pt"
    other.write_bytes(WEIGHTS.read_bytes() + b"x")
    digests = {
        YoloDetector(WEIGHTS, settings).digest,
        YoloDetector(other, settings).digest,
        YoloDetector(WEIGHTS, YoloSettings(image_size_px=320, config_dir=settings.config_dir, device="cpu")).digest,
    }
    assert len(digests) == 3
    assert YoloDetector(WEIGHTS, settings).digest in digests


def test_the_shipped_weights_see_the_shipped_recording(settings):
    detector = YoloDetector(WEIGHTS, settings)
    assert detector.road_users == tuple(RoadUser)
    camera = builders.camera(size_px=probe(RECORDING).size_px)
    frames = next(read_frames(RECORDING, camera, 4, Decoding()))
    found = detector.detect(frames)
    assert len(found) == 4
    assert all(len(boxes) > 3 for boxes in found)
    again = detector.detect(frames)
    assert all((a.xyxy == b.xyxy).all() for a, b in zip(found, again, strict=True))


def test_shipped_weights_are_small():
    assert WEIGHTS.stat().st_size <= 6_000_000
    assert RECORDING.stat().st_size <= 10_000_000
