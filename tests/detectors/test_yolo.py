import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from detectors.road_users import RoadUser
from detectors.video import Decoding, probe, read_frames
from detectors.weights import WeightsError, digest_of
from detectors.yolo import YoloDetector, YoloSettings
from tests import builders

DEMO = Path("data/demo")
WEIGHTS = DEMO / "detector.pt"
RECORDING = next(DEMO.glob("*.mp4"))


@pytest.fixture
def settings(tmp_path):
    return YoloSettings(
        backend="torch", config_dir=tmp_path / "ultralytics", exports_dir=tmp_path / "exports", device="cpu"
    )


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
        YoloDetector(path, settings, {digest_of(path)}).load()
    assert str(path) in str(error.value)
    assert not os.path.exists(mark)


def test_a_torch_file_with_a_payload_is_never_run(tmp_path, settings):
    import torch

    mark, path = str(tmp_path / "payload-ran"), tmp_path / "evil.pt"
    torch.save({"model": Payload(mark)}, path)
    with pytest.raises(WeightsError, match="not loadable YOLO weights"):
        YoloDetector(path, settings, {digest_of(path)}).load()
    assert not os.path.exists(mark)


def test_unknown_weights_are_refused_unread(tmp_path, settings):
    path = tmp_path / "found.pt"
    path.write_bytes(WEIGHTS.read_bytes() + b"x")
    with pytest.raises(WeightsError, match="unknown weights"):
        YoloDetector(path, settings)


def test_digest_depends_on_weights_and_settings_and_needs_no_loading(tmp_path, settings):
    other = tmp_path / "other.pt"
    other.write_bytes(WEIGHTS.read_bytes() + b"x")
    changes = [{}, {"image_size_px": 320}, {"confidence": 0.2}, {"backend": "openvino"}, {"backend": "onnx"}]
    digests = {YoloDetector(WEIGHTS, replace(settings, **change)).digest for change in changes}
    digests.add(YoloDetector(other, settings, {digest_of(other)}).digest)
    assert len(digests) == 6
    assert YoloDetector(WEIGHTS, replace(settings, exports_dir=tmp_path)).digest in digests


def test_a_detector_that_is_known_is_described_without_torch(tmp_path, settings):
    YoloDetector(WEIGHTS, settings).load()
    code = (
        "import sys; from pathlib import Path; from detectors.yolo import YoloDetector, YoloSettings\n"
        "how = YoloSettings(backend='openvino', exports_dir=Path(sys.argv[1]))\n"
        "assert len(YoloDetector(Path('data/demo/detector.pt'), how).road_users) == 9\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(settings.exports_dir)], check=True, timeout=120)


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
