"""Opens a recording: what its container says, and its frames, timestamped, masked and accounted for.

Time is the presentation timestamp, never frame number / frame rate. Privacy masks are blackened
here, in the one place where a frame enters the program, so that no detector, picture or test can
see what lies under them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray

from detectors.camera import Camera
from detectors.masks import blacken

Image = NDArray[np.uint8]

# A pause this much longer than the usual time between frames was not observed.
_GAP_FACTOR = 2.5


class RecordingError(ValueError):
    """A recording that cannot be used; names the file, what is wrong with it and what to do."""


@dataclass(frozen=True)
class Probe:
    """What a recording's packets say, before any picture is decoded.

    Attributes:
        size_px: width and height.
        packets: number of video packets, which a whole file decodes to as many frames.
        duration_s: from the first to the end of the last frame, by timestamps.
        nominal_fps: frames over duration; reported, never used to tell time.
        container_time: the container's creation time, which is often that of encoding.
    """

    size_px: tuple[int, int]
    packets: int
    duration_s: float
    nominal_fps: float
    codec: str
    container_time: datetime | None


@dataclass(frozen=True)
class Frames:
    """A batch of consecutive frames: numbers, seconds since the first frame, BGR images."""

    number: tuple[int, ...]
    time_s: tuple[float, ...]
    images: tuple[Image, ...]


@dataclass
class Decoding:
    """What decoding a recording has met so far."""

    frame_times_s: list[float] = field(default_factory=list)
    corrupt_frames: int = 0
    errors: int = 0


def probe(path: Path) -> Probe:
    """Reads a recording's packet timestamps without decoding.

    Raises:
        RecordingError: if the file is missing, is not a video or holds no frame.
    """
    if not path.is_file():
        raise RecordingError(f"{path}: no such recording. Check the path given with --recording.")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise RecordingError(f"{path}: no video stream in it. Give a video file.")
            stream = container.streams.video[0]
            ticks = [p.pts for p in _packets(container, stream, Decoding()) if p.pts is not None and p.size]
            base, made, codec = stream.time_base, container.metadata.get("creation_time"), stream.codec_context.name
        size_px = _picture_size(path)
    except FFmpegError as error:
        raise RecordingError(f"{path}: not a readable video ({error}). Copy the file again or re-export it.") from error
    if not ticks or base is None:
        raise RecordingError(f"{path}: zero video frames in it. Copy the file again or re-export it.")
    ticks.sort()
    interval = float(np.median(np.diff(ticks))) if len(ticks) > 1 else 0.0
    duration_s = float((ticks[-1] - ticks[0] + interval) * base)
    fps = len(ticks) / duration_s if duration_s > 0 else 0.0
    return Probe(size_px, len(ticks), duration_s, fps, codec, datetime.fromisoformat(made) if made else None)


def _picture_size(path: Path) -> tuple[int, int]:
    """Width and height of the first frame that decodes."""
    with av.open(str(path)) as container:
        for frame, _ in _decode(container, Decoding()):
            if frame.rotation:
                raise RecordingError(
                    f"{path}: the container asks for a rotation by {frame.rotation} degrees, which is not supported. "
                    "Re-export it upright."
                )
            return frame.width, frame.height
    raise RecordingError(f"{path}: zero video frames can be decoded. Copy the file again or re-export it.")


def read_frames(path: Path, camera: Camera, batch: int, decoding: Decoding) -> Iterator[Frames]:
    """Decodes a recording packet by packet, so that damage costs frames and not the rest of the file.

    Args:
        path: the recording.
        camera: whose masks are blackened.
        batch: frames per batch.
        decoding: filled in while reading.

    Yields:
        Masked frames in the order of their presentation.
    """
    numbers, times, images = [], [], []
    with av.open(str(path)) as container:
        for frame, time_s in _decode(container, decoding):
            image = np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
            blacken(image, camera.privacy_masks_px)
            numbers.append(len(decoding.frame_times_s))
            times.append(time_s)
            images.append(image)
            decoding.frame_times_s.append(time_s)
            if len(images) == batch:
                yield Frames(tuple(numbers), tuple(times), tuple(images))
                numbers, times, images = [], [], []
    if images:
        yield Frames(tuple(numbers), tuple(times), tuple(images))


def _decode(container: InputContainer, decoding: Decoding) -> Iterator[tuple[av.VideoFrame, float]]:
    """Frames and their seconds since the first one."""
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    first: float | None = None
    for packet in _packets(container, stream, decoding):
        try:
            frames = packet.decode()
        except FFmpegError:
            decoding.errors += 1
            continue
        for frame in frames:
            if frame.pts is None:  # no timestamp, no place in time
                decoding.errors += 1
                continue
            first = frame.time if first is None else first
            decoding.corrupt_frames += int(frame.is_corrupt)
            yield frame, frame.time - first


def _packets(
    container: InputContainer, stream: av.VideoStream, decoding: Decoding
) -> Iterator[av.Packet[av.VideoStream]]:
    """The packets of a stream, up to where the container can no longer be read."""
    packets = container.demux(stream)
    while True:
        try:
            yield next(packets)
        except StopIteration:
            return
        except FFmpegError:
            decoding.errors += 1
            return


def observed_intervals(frame_times_s: list[float]) -> list[tuple[float, float]]:
    """Half-open intervals, in seconds, during which frames followed each other without a gap.

    A frame stands for the time until the next one; the last of an unbroken run for the usual
    time between frames.
    """
    times = np.array(frame_times_s)
    if len(times) == 0:
        return []
    usual_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    breaks = np.flatnonzero(np.diff(times) > _GAP_FACTOR * usual_s)
    starts = times[np.concatenate([[0], breaks + 1])]
    ends = times[np.concatenate([breaks, [len(times) - 1]])] + usual_s
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
