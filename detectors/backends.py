"""Engines that run a model: torch, OpenVINO, ONNX Runtime and TensorRT, each at a precision that is named.

OpenVINO left alone computes in bf16 where the processor can, so that counts would hang on the machine.
Every precision is pinned here; at f32 boxes are bit-identical over threads, streams and repetitions.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from detectors.cores import cores
from detectors.exports import Exports, import_openvino

if TYPE_CHECKING:
    from detectors.yolo_model import YoloModel

Pictures = NDArray[np.uint8]
Found = NDArray[np.float32]

# What each engine can be pinned to, the default first.
PRECISIONS: dict[str, tuple[str, ...]] = {
    "openvino": ("f32", "int8"),
    "torch": ("f32", "f16"),
    "onnx": ("f32",),
    "tensorrt": ("f32", "f16"),
}
_ON_CPU = ("openvino", "onnx")
# Each stream holds pictures of its own; beyond a few, cores are better spent inside a picture.
_MOST_STREAMS = 8
_NEEDS = {"openvino": "openvino", "torch": "torch", "onnx": "onnxruntime", "tensorrt": "onnxruntime"}


class BackendError(ValueError):
    """An engine that cannot be used here; names what is missing and what to choose instead."""


class Engine(Protocol):
    """Runs a model over pictures of the input's size, from as many threads at once as its backend has workers."""

    def __call__(self, pictures: Pictures) -> Found:
        """BGR bytes (n, height, width, 3) -> (n, 6, m): corners in pixels of the input, score, class."""


@dataclass(frozen=True)
class Backend:
    """An engine, the device it runs on and its precision."""

    name: str
    device: str
    precision: str

    @property
    def packages(self) -> tuple[str, ...]:
        """Whose versions decide its boxes."""
        return tuple(dict.fromkeys(("torch", "ultralytics", _NEEDS[self.name])))

    @property
    def workers(self) -> int:
        """How many threads at once it serves; the others use every core for one."""
        return min(cores(), _MOST_STREAMS) if self.name == "openvino" else 1


def choose(name: str | None, precision: str | None, device: str | None) -> Backend:
    """The engine asked for, else the fastest at hand that repeats its boxes exactly.

    Args:
        name: one of PRECISIONS, or None for CUDA through torch where there is a device, else OpenVINO
            where it is installed, else torch.
        precision: one that the engine knows, or None for f32.
        device: torch device, or None to choose.

    Raises:
        BackendError: if it is unknown, not installed, or cannot be had at this precision.
    """
    if name in _ON_CPU:
        device = "cpu"
    device = device or ("cuda" if _has_cuda() else "cpu")
    name = name or ("openvino" if device == "cpu" and find_spec("openvino") else "torch")
    if name not in PRECISIONS:
        raise BackendError(f"backend '{name}': unknown. Use one of: {', '.join(PRECISIONS)}.")
    if not find_spec(_NEEDS[name]):
        raise BackendError(f"backend '{name}': {_NEEDS[name]} is not installed. Install passant[backends].")
    precision = precision or PRECISIONS[name][0]
    if precision not in PRECISIONS[name]:
        raise BackendError(f"precision '{precision}': {name} offers {' and '.join(PRECISIONS[name])}.")
    if device == "cpu" and (name == "tensorrt" or precision == "f16"):
        raise BackendError(f"backend '{name}' at {precision}: needs a CUDA device. Use openvino, or torch at f32.")
    return Backend(name, device, precision)


def start(backend: Backend, exports: Exports, input_px: tuple[int, int], quantised: Path | None = None) -> Engine:
    """Loads a model into an engine.

    Args:
        backend: which, from `choose`.
        exports: of the weights.
        input_px: width and height of the input.
        quantised: the int8 model that calibration has made, for that precision.

    Raises:
        BackendError: if there is no calibrated model, or TensorRT is not there.
        WeightsError: if the weights hold no detector.
    """
    if backend.name == "torch":
        from detectors.yolo_model import load_model

        return _Torch(load_model(exports.weights, exports.config_dir)[0], backend)
    if backend.name == "openvino":
        if backend.precision != "int8":
            return OpenVino(exports.get("openvino", input_px), backend.workers)
        if quantised is None:
            raise BackendError("precision 'int8': needs a calibrated model. Make one with passant tune.")
        return OpenVino(quantised, backend.workers)
    return _Onnx(exports.get("onnx", input_px), backend)


def _has_cuda() -> bool:
    # Without a driver there is no need to wait for torch.
    if find_library("cuda") is None:
        return False
    import torch

    return torch.cuda.is_available()


class OpenVino:
    """OpenVINO on the CPU: one request per stream, waited for in the threads that ask.

    Its queue of asynchronous requests is said to hang now and then; requests of one's own do not.
    """

    def __init__(self, path: Path, streams: int, threads: int | None = None) -> None:
        settings: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "f32",
            "NUM_STREAMS": str(streams),
            "INFERENCE_NUM_THREADS": threads or cores(),
        }
        compiled = import_openvino().Core().compile_model(path, "CPU", settings)
        self._idle: SimpleQueue[Any] = SimpleQueue()
        for _ in range(streams):
            self._idle.put(compiled.create_infer_request())

    def __call__(self, pictures: Pictures) -> Found:
        request = self._idle.get()
        try:
            return np.concatenate([request.infer(pictures[i : i + 1])[0] for i in range(len(pictures))])
        finally:
            self._idle.put(request)


class _Torch:
    """Torch on the CPU or a CUDA device; a batch at once."""

    def __init__(self, model: YoloModel, backend: Backend) -> None:
        self._device = backend.device
        self._model = (model.half() if backend.precision == "f16" else model).to(backend.device)

    def __call__(self, pictures: Pictures) -> Found:
        import torch

        with torch.inference_mode():
            found: Found = self._model(torch.from_numpy(pictures).to(self._device)).float().cpu().numpy()
        return found


def import_onnxruntime() -> Any:  # noqa: ANN401  (it ships no types)
    """Imports ONNX Runtime, which left alone gives the machine a number and reports to its maker."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # type: ignore[import-untyped]

    return onnxruntime


class _Onnx:
    """ONNX Runtime, on the CPU or through its TensorRT provider, which keeps its engines beside the model."""

    def __init__(self, path: Path, backend: Backend) -> None:
        onnxruntime = import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = cores()
        self._session = onnxruntime.InferenceSession(str(path), options, providers=_providers(path, backend))

    def __call__(self, pictures: Pictures) -> Found:
        runs = (self._session.run(None, {"pictures": pictures[i : i + 1]})[0] for i in range(len(pictures)))
        return np.concatenate([np.asarray(found, np.float32) for found in runs])


def _providers(path: Path, backend: Backend) -> Sequence[str | tuple[str, dict[str, Any]]]:
    if backend.name == "onnx":
        return ["CPUExecutionProvider"]
    if "TensorrtExecutionProvider" not in import_onnxruntime().get_available_providers():
        raise BackendError(
            "backend 'tensorrt': ONNX Runtime was built without it. Install onnxruntime-gpu and TensorRT."
        )
    kept = {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(path.parent)}
    return [("TensorrtExecutionProvider", {**kept, "trt_fp16_enable": backend.precision == "f16"})]
