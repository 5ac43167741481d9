"""Weights in the formats of other engines, made once and kept: data/var/exports/<weights>/<what>/.

The name of an export tells everything it was made from, so that it is never out of date. It is made
beside its place and renamed into it, so that it is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from detectors.weights import digest_of

Format = Literal["openvino", "onnx"]
_FILES: dict[Format, str] = {"openvino": "model.xml", "onnx": "model.onnx"}
_LABELS = "labels.json"
_MAKERS = ("torch", "ultralytics")
_ONNX_OPSET = 18


@dataclass(frozen=True)
class Exports:
    """The exports of one ``.pt`` file.

    Attributes:
        weights: the file, which must be known (`detectors.weights`) before it is given to this.
        folder: of all exports.
        config_dir: where Ultralytics may keep its settings file.
    """

    weights: Path
    folder: Path
    config_dir: Path

    @property
    def root(self) -> Path:
        return self.folder / digest_of(self.weights)

    def labels(self) -> dict[int, str]:
        """The model's labels by class; known without loading it once they have been read.

        Raises:
            WeightsError: if the file holds no YOLO detector.
        """
        kept = self.root / _LABELS
        if not kept.is_file():
            from detectors.yolo_model import load_model

            _, labels = load_model(self.weights, self.config_dir)
            with replacing(kept) as part:
                part.write_text(json.dumps(labels))
        return {int(number): label for number, label in json.loads(kept.read_text()).items()}

    def get(self, fmt: Format, input_px: tuple[int, int]) -> Path:
        """The model for inputs of a width and height in another format, exported if it is not there yet."""
        width, height = input_px
        path = self.root / f"{fmt}-{width}x{height}-{made_by(fmt)}" / _FILES[fmt]
        if not path.is_file():
            with replacing(path.parent) as part:
                part.mkdir()
                _WRITERS[fmt](self, input_px, part / path.name)
        return path


def made_by(fmt: Format) -> str:
    """Short digest of the versions and code that make an export."""
    makers = [f"{package}={version(package)}" for package in (*_MAKERS, fmt)]
    code = Path(__file__).with_name("yolo_model.py").read_bytes()
    return hashlib.sha256("|".join(makers).encode() + code).hexdigest()[:12]


def import_openvino() -> Any:  # noqa: ANN401  (it ships no types)
    """Imports OpenVINO, which left alone tells its maker that it was imported, and of every conversion.

    It does so from a forked process, for which it waits at the end, and which may never come to one.
    """
    # Where the sender cannot be imported, OpenVINO and NNCF do without.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino  # type: ignore[import-untyped]

    return openvino


def _write_openvino(exports: Exports, input_px: tuple[int, int], path: Path) -> None:
    import torch

    from detectors.yolo_model import load_model

    ov = import_openvino()
    model, _ = load_model(exports.weights, exports.config_dir)
    example = torch.from_numpy(_example(input_px))
    with torch.no_grad(), _as_traced():
        traced = torch.jit.trace(model, example, strict=False, check_trace=False)  # type: ignore[no-untyped-call]
    ov.save_model(ov.convert_model(traced, input=example.shape, example_input=example), path, compress_to_fp16=False)


def _write_onnx(exports: Exports, input_px: tuple[int, int], path: Path) -> None:
    import torch

    from detectors.yolo_model import load_model

    model, _ = load_model(exports.weights, exports.config_dir)
    with torch.no_grad(), _as_traced():
        torch.onnx.export(
            model,
            (torch.from_numpy(_example(input_px)),),
            str(path),
            opset_version=_ONNX_OPSET,
            input_names=["pictures"],
            output_names=["boxes"],
            dynamo=False,
        )


_WRITERS: dict[Format, Callable[[Exports, tuple[int, int], Path], None]] = {
    "openvino": _write_openvino,
    "onnx": _write_onnx,
}


@contextmanager
def _as_traced() -> Iterator[None]:
    """Torch's newer exporters need packages of their own, so that it need not recommend them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _example(input_px: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    width, height = input_px
    return np.zeros((1, height, width, 3), np.uint8)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside ``path`` for a file or folder, which takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        part = Path(folder) / path.name
        yield part
        for file in [part, *part.rglob("*")]:
            if file.is_file():
                with file.open("rb") as written:
                    os.fsync(written.fileno())
        try:
            part.replace(path)
        except OSError:  # a folder made by somebody else meanwhile; theirs is as good
            if not path.is_dir():
                raise
            shutil.rmtree(part)
