"""OpenTrafficCam's ``.otdet`` (detections) and ``.ottrk`` (tracks): bz2-compressed JSON.

Boxes are left, top, width and height from format 1.1 on, and centre, width and height in format 1.0.
Paths of the machine a file was made on are not read. Tracks as OTVision writes them today are read
column by column, any other layout object by object.
"""

from __future__ import annotations

import bz2
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from detectors.cores import cores
from detectors.foreign_boxes import SIDES, ForeignBoxes, InterchangeError, join

_CORNER_SINCE = (1, 1)
_BOX = dict.fromkeys(("confidence", "x", "y", "w", "h"), pl.Float64)
_DETECTION = {"class": pl.String, **_BOX, "frame": pl.Int64, "occurrence": pl.Float64, "track-id": pl.Int64}
_TODAY = {"data": pl.Struct({"detections": pl.List(pl.Struct(_DETECTION))})}
_HEAD_BYTES = 1 << 16  # in which the metadata end


def read_all(paths: Sequence[Path]) -> ForeignBoxes:
    """Reads files as one recording, in the order given, on every core there is.

    Raises:
        InterchangeError: naming file, field and fix.
    """
    with ThreadPoolExecutor(cores()) as pool:  # decompression and reading by columns let other threads run
        return join(pool.map(lambda path: (read_otdet if path.suffix == ".otdet" else read_ottrk)(path), paths))


def read_otdet(path: Path) -> ForeignBoxes:
    """Reads the detections of an ``.otdet`` file.

    Raises:
        InterchangeError: naming file, field and fix.
    """
    document = _document(path, _content(path))
    boxes = [
        {**box, "frame": int(frame), "occurrence": seen["occurrence"], "track-id": None}
        for frame, seen in document["data"].items()
        for box in seen["detections"]
    ]
    return _foreign(path, document["metadata"], "", _table(path, boxes))


def read_ottrk(path: Path) -> ForeignBoxes:
    """Reads the tracks of an ``.ottrk`` file.

    Raises:
        InterchangeError: naming file, field and fix.
    """
    content = _content(path)
    metadata, boxes = _tracks_of_today(content) or _tracks_of_any(path, content)
    tracking = metadata.get("tracking", {})
    # Files of one run and one group of videos share their track numbers; others do not.
    run = f"{tracking.get('tracking_run_id', path.stem)}#{tracking.get('frame_group', 0)}"
    return _foreign(path, metadata, run, boxes)


def _content(path: Path) -> bytes:
    try:
        return bz2.decompress(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InterchangeError:
    return InterchangeError(f"{path}: is not bz2-compressed JSON ({error}). Export it again.")


def _tracks_of_today(content: bytes) -> tuple[dict[str, Any], pl.DataFrame] | None:
    """Metadata and boxes, or None if anything is not as OTVision writes it today."""
    from pydantic_core import from_json

    try:
        head = from_json(content[:_HEAD_BYTES], allow_partial=True)
        boxes = pl.read_json(io.BytesIO(content), schema=_TODAY)["data"].struct.field("detections").explode()
    except (ValueError, pl.exceptions.PolarsError):
        return None
    # Metadata that the data follow are whole, however soon the head ends after them.
    is_known = isinstance(head, dict) and list(head)[:2] == ["metadata", "data"] and isinstance(head["metadata"], dict)
    table = boxes.struct.unnest()
    return (head["metadata"], table) if is_known and not sum(table.null_count().row(0)) else None


def _tracks_of_any(path: Path, content: bytes) -> tuple[dict[str, Any], pl.DataFrame]:
    document = _document(path, content)
    return document["metadata"], _table(path, document["data"]["detections"])


def _document(path: Path, content: bytes) -> dict[str, Any]:
    """The JSON of a file, with the parts that every OpenTrafficCam file has."""
    from pydantic_core import from_json

    try:
        document: dict[str, Any] = from_json(content)
    except ValueError as error:
        raise _unreadable(path, error) from error
    for field in ("metadata", "data"):
        if not isinstance(document, dict) or not isinstance(document.get(field), dict):
            raise InterchangeError(f"{path}: {field}: missing. Give an .otdet or .ottrk file as OTVision writes it.")
    return document


def _table(path: Path, boxes: list[dict[str, Any]]) -> pl.DataFrame:
    """The same columns, box by box."""
    try:
        told = {name: [box[name] for box in boxes] for name in _DETECTION}
        told["occurrence"] = [_posix_s(time) for time in told["occurrence"]]
        return pl.DataFrame(told, schema=_DETECTION)
    except KeyError as error:
        raise InterchangeError(f"{path}: data: a detection has no {error}. Export the file again.") from error
    except (TypeError, ValueError) as error:
        raise InterchangeError(f"{path}: data: {error}. Export the file again.") from error


def _foreign(path: Path, metadata: dict[str, Any], run: str, table: pl.DataFrame) -> ForeignBoxes:
    is_centre = _version(path, metadata) < _CORNER_SINCE
    left, top = (pl.col(a) - pl.col(size) / 2 if is_centre else pl.col(a) for a, size in ("xw", "yh"))
    sides = dict(zip(SIDES, (left, top, left + pl.col("w"), top + pl.col("h")), strict=True))
    in_order = table if table["occurrence"].is_sorted() else table.sort("occurrence", maintain_order=True)
    boxes = in_order.select(
        run=pl.lit(run),
        track=pl.col("track-id").cast(pl.Int64),
        frame="frame",
        time_s="occurrence",
        label="class",
        confidence="confidence",
        **sides,
    )
    model = metadata.get("detection", {}).get("model", {})
    video = metadata.get("video", {})
    size = (int(video["width"]), int(video["height"])) if {"width", "height"} <= video.keys() else None
    return ForeignBoxes(tuple(model.get("classes", {}).values()), size, boxes)


def _version(path: Path, metadata: dict[str, Any]) -> tuple[int, ...]:
    version = str(metadata.get("otdet_version", ""))
    try:
        return tuple(int(part) for part in version.split("."))
    except ValueError as error:
        raise InterchangeError(
            f"{path}: metadata.otdet_version: '{version}' is no version, so that x and y could be a corner or a "
            "centre. Write 1.0 (centre) or 1.1 (corner)."
        ) from error


def _posix_s(occurrence: float | str) -> float:
    """A time as OpenTrafficCam writes it: POSIX seconds, or in older files text that is read as UTC."""
    if isinstance(occurrence, str):
        return datetime.fromisoformat(occurrence).replace(tzinfo=UTC).timestamp()
    return occurrence
