"""Int8 models by NNCF's post-training quantisation, calibrated on a camera's own pictures.

The last layers and what follows them keep their precision. Corners span a thousand pixels; in 256 steps
of that boxes tremble by more than a tracker forgives, and people are made up. Of the pictures, only the
ranges of values inside the model remain. Whether counts survive is for tuning to show, camera by camera.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from detectors.backends import Pictures
from detectors.exports import Exports, import_openvino, made_by, replacing

_CONVOLUTIONS, _NO_PART = ("Convolution", "GroupConvolution"), ("Constant", "ShapeOf")


def quantised(exports: Exports, input_px: tuple[int, int], pictures: Sequence[Pictures]) -> Path:
    """The int8 model calibrated on some pictures, made if it is not there yet.

    Args:
        exports: of the weights.
        input_px: width and height of the input.
        pictures: each (1, height, width, 3), as the model sees them; some hundred of all times of day.
    """
    seen = hashlib.sha256(version("nncf").encode() + Path(__file__).read_bytes())
    for picture in pictures:
        seen.update(picture.tobytes())
    width, height = input_px
    name = f"int8-{width}x{height}-{made_by('openvino')}-{seen.hexdigest()[:12]}"
    path = exports.root / name / "model.xml"
    if not path.is_file():
        source = exports.get("openvino", input_px)
        with replacing(path.parent) as part:
            part.mkdir()
            _write(source, pictures, part / path.name)
    return path


def import_nncf() -> Any:  # noqa: ANN401  (it ships no types)
    """Imports NNCF, which left alone reports what it does to its maker; its developers' switch keeps it quiet."""
    os.environ["NNCF_DEV"] = "1"
    import nncf  # type: ignore[import-untyped]

    return nncf


def _write(source: Path, pictures: Sequence[Pictures], path: Path) -> None:
    ov, nncf = import_openvino(), import_nncf()
    nncf.set_log_level(40)
    model = ov.Core().read_model(source)
    small = nncf.quantize(
        model,
        nncf.Dataset(list(pictures)),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(pictures),
        ignored_scope=nncf.IgnoredScope(names=_last_layers(model)),
    )
    ov.save_model(small, path, compress_to_fp16=False)


def _last_layers(model: Any) -> list[str]:  # noqa: ANN401  (openvino ships no types)
    """Names of the last convolutions and of what turns their output into corners and scores."""
    found: set[str] = set()
    ahead = list(model.get_results())
    while ahead:
        for value in ahead.pop().input_values():
            operation = value.get_node()
            name = operation.get_friendly_name()
            if name in found or operation.get_type_name() in _NO_PART:
                continue
            found.add(name)
            if not _is_layer(operation):
                ahead.append(operation)
    return sorted(found)


def _is_layer(operation: Any) -> bool:  # noqa: ANN401  (openvino ships no types)
    """Whether it is a convolution that was learned; that of the head's distances (DFL) only takes their mean."""
    return operation.get_type_name() in _CONVOLUTIONS and ".dfl" not in operation.get_friendly_name()
