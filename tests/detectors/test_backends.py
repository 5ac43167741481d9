"""The same weights on every engine that runs here; small inputs, because exports take seconds."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detectors import backends
from detectors.backends import Backend, BackendError, OpenVino, choose
from detectors.boxes import overlap
from detectors.exports import Exports, import_openvino
from detectors.letterbox import Letterbox
from detectors.quantise import quantised
from detectors.video import Decoding, probe, read_frames
from detectors.weights import import_ultralytics
from detectors.yolo import YoloDetector, YoloSettings
from tests import builders

WEIGHTS = Path("data/demo/detector.pt")
RECORDING = next(Path("data/demo").glob("*.mp4"))
SIZE_PX = 320


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="module")
def frames():
    return next(read_frames(RECORDING, builders.camera(size_px=probe(RECORDING).size_px), 3, Decoding()))


@pytest.fixture(scope="module")
def exports(folder):
    return Exports(WEIGHTS, folder / "exports", folder / "ultralytics")


def detected(folder, frames, backend):
    how = YoloSettings(SIZE_PX, backend=backend, config_dir=folder / "ultralytics", exports_dir=folder / "exports")
    return YoloDetector(WEIGHTS, how).detect(frames)


def same(found, others, tolerance_px):
    assert [len(a) for a in found] == [len(b) for b in others]
    for a, b in zip(found, others, strict=True):
        assert np.array_equal(a.class_id, b.class_id)
        assert np.allclose(a.xyxy, b.xyxy, atol=tolerance_px)
        assert np.allclose(a.confidence, b.confidence, atol=1e-4)


def test_torch_finds_what_ultralytics_finds(folder, frames):
    import supervision as sv

    model = import_ultralytics(folder / "ultralytics").YOLO(str(WEIGHTS.resolve()))
    options = {"imgsz": SIZE_PX, "conf": 0.1, "iou": 0.55, "agnostic_nms": True, "device": "cpu", "verbose": False}
    theirs = [sv.Detections.from_ultralytics(r) for r in model.predict(list(frames.images), **options)]
    assert sum(map(len, theirs)) > 20
    same(detected(folder, frames, "torch"), theirs, 1e-2)


@pytest.mark.parametrize("backend", ["openvino", "onnx"])
def test_other_engines_find_what_torch_finds(folder, frames, backend):
    same(detected(folder, frames, backend), detected(folder, frames, "torch"), 1e-2)


def test_boxes_are_bit_identical_over_streams_threads_and_repetitions(exports, frames):
    letterbox = Letterbox(frames.images[0].shape[1::-1], SIZE_PX)
    path, pictures = exports.get("openvino", letterbox.input_px), letterbox.fit(frames.images)
    first, *others = (OpenVino(path, streams, threads)(pictures) for streams, threads in ((1, 1), (1, 2), (2, 2)))
    assert all(np.array_equal(first, other) for other in others)


def test_precision_is_pinned_and_not_left_to_the_processor(exports):
    ov = import_openvino()
    path = exports.get("openvino", (320, 192))
    engine = OpenVino(path, 1)
    compiled = engine._idle.get().get_compiled_model()
    assert compiled.get_property("INFERENCE_PRECISION_HINT") == ov.Type.f32


def test_an_export_is_made_once_and_whole(exports, monkeypatch):
    path = exports.get("openvino", (320, 192))
    assert sorted(p.name for p in path.parent.iterdir()) == ["model.bin", "model.xml"]
    monkeypatch.setitem(backends.Exports.get.__globals__["_WRITERS"], "openvino", None)
    assert exports.get("openvino", (320, 192)) == path


def test_an_export_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(exports, input_px, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setitem(backends.Exports.get.__globals__["_WRITERS"], "openvino", fail)
    exports = Exports(WEIGHTS, tmp_path, tmp_path / "ultralytics")
    with pytest.raises(OSError, match="disk full"):
        exports.get("openvino", (320, 192))
    assert list(exports.root.iterdir()) == []


def test_the_fastest_engine_that_repeats_itself_is_chosen(monkeypatch):
    monkeypatch.setattr(backends, "_has_cuda", lambda: False)
    assert choose(None, None, None) == Backend("openvino", "cpu", "f32")
    installed = backends.find_spec
    monkeypatch.setattr(backends, "find_spec", lambda name: None if name == "openvino" else installed(name))
    assert choose(None, None, None) == Backend("torch", "cpu", "f32")
    monkeypatch.setattr(backends, "_has_cuda", lambda: True)
    assert choose(None, None, None) == Backend("torch", "cuda", "f32")
    assert choose(None, "f16", None) == Backend("torch", "cuda", "f16")
    assert choose(None, None, "cpu") == Backend("torch", "cpu", "f32")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tensorflow", None, None), "backend 'tensorflow': unknown. Use one of: openvino, torch"),
        (("openvino", "bf16", None), "precision 'bf16': openvino offers f32 and int8"),
        (("torch", "f16", "cpu"), "torch' at f16: needs a CUDA device"),
        (("tensorrt", None, "cpu"), "tensorrt' at f32: needs a CUDA device"),
    ],
)
def test_what_cannot_run_here_is_refused(arguments, message):
    with pytest.raises(BackendError, match=message):
        choose(*arguments)


def test_int8_needs_a_calibrated_model(folder, frames):
    how = YoloSettings(SIZE_PX, backend="openvino", precision="int8", config_dir=folder, exports_dir=folder)
    with pytest.raises(BackendError, match="needs a calibrated model.*passant tune"):
        YoloDetector(WEIGHTS, how).detect(frames)


@pytest.mark.slow
def test_int8_repeats_itself_and_sees_much_the_same(folder, frames, exports):
    letterbox = Letterbox(frames.images[0].shape[1::-1], SIZE_PX)
    pictures = letterbox.fit(frames.images)
    path = quantised(exports, letterbox.input_px, [pictures[i : i + 1] for i in range(len(pictures))])
    assert quantised(exports, letterbox.input_px, [pictures[i : i + 1] for i in range(len(pictures))]) == path
    first, *others = (OpenVino(path, streams, threads)(pictures) for streams, threads in ((1, 1), (2, 2)))
    assert all(np.array_equal(first, other) for other in others)
    how = YoloSettings(SIZE_PX, config_dir=folder / "ultralytics", exports_dir=folder / "exports")
    plain = YoloDetector(WEIGHTS, how).detect(frames)
    small = YoloDetector(WEIGHTS, replace(how, backend="openvino", precision="int8", quantised=path)).detect(frames)
    assert sum(map(len, small)) == pytest.approx(sum(map(len, plain)), rel=0.2)
    shared = [
        overlap(a.xyxy.astype(float), b.xyxy.astype(float)).max(axis=1) for a, b in zip(plain, small, strict=True)
    ]
    assert np.median(np.concatenate(shared)) > 0.95


QUIET = """
from detectors.backends import import_onnxruntime
from detectors.exports import import_openvino
from detectors.quantise import import_nncf
import_onnxruntime()
import_openvino()
import_nncf()
from openvino.tools import ovc
assert type(ovc.telemetry).__module__ == "openvino.tools.ovc.telemetry_stub", type(ovc.telemetry)
from nncf.telemetry import telemetry
print(type(telemetry).__name__)
"""


@pytest.mark.slow
def test_engines_give_the_machine_no_number_and_report_nothing(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "NNCF_", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-c", QUIET], env=environment | {"HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "MagicMock"
    left = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert not [p for p in left if "DeveloperTools" in str(p) or "telemetry" in str(p).lower()]
