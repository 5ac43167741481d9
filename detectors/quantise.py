"""Int8 models by NNCF's post-training quantisation, calibrated on a camera's own pictures.

The head keeps its precision, for its corners span hundreds of pixels. Of the pictures, only the ranges
of values inside the model remain. Whether counts survive is for tuning to show, camera by camera.
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


def quantised(exports: Exports, input_px: tuple[int, int], pictures: Sequence[Pictures]) -> Path:
    """The int8 model calibrated on some pictures, made if it is not there yet.

    Args:
        exports: of the weights.
        input_px: width and height of the input.
        pictures: each (1, height, width, 3), as the model sees them; some hundred of all times of day.
    """
    seen = hashlib.sha256(version("nncf").encode())
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
        ignored_scope=nncf.IgnoredScope(names=_head(model)),
    )
    ov.save_model(small, path, compress_to_fp16=False)


def _head(model: Any) -> list[str]:  # noqa: ANN401  (openvino ships no types)
    """Names of the operations that make corners and scores of the last layers' output, and what follows."""
    operations = model.get_ordered_ops()
    names = [op.get_friendly_name() for op in operations]
    sigmoids = [op.get_friendly_name() for op in operations if op.get_type_name() == "Sigmoid"]
    head = sigmoids[-1].split("/", 1)[0]
    return [n for n in names if n in sigmoids or n.startswith((f"{head}/", f"{head}.dfl", "__module/"))]
