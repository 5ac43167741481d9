"""Opens a recording: what its container says, and its frames, timestamped, upright, masked and accounted for.

Time is the presentation timestamp, never frame number / frame rate. Privacy masks are blackened
here, in the one place where a frame enters the program, so that no detector, picture or test can
see what lies under them. Damage costs frames, never silently: every packet is decoded on its own,
and what is lost, damaged or without a place in time is counted.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
from av.buffer import Buffer
from av.container import InputContainer
from av.error import FFmpegError
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from detectors.camera import Camera
from detectors.cores import cores
from detectors.masks import blacken

Image = NDArray[np.uint8]

# A pause this much longer than the time usual around it was not observed, and none over a second was.
_GAP_FACTOR, _LONGEST_STEP_S = 2.5, 1.0
_AROUND = 25
# A header that promises this much more than there is belongs to a file cut off.
_SHORT_S = 1.0
_UPRIGHT = (1, 0, 0, 1)
# A picture of 8K, and a day of it in 4K at 60 frames per second; small files can claim far more.
_MOST_PX, _MOST_PX_IN_ALL = 7680 * 4320, 3840 * 2160 * 60 * 86_400


class RecordingError(ValueError):
    """A recording that cannot be used; names the file, what is wrong with it and what to do."""


@dataclass(frozen=True)
class Probe:
    """What a recording's packets say, before it is decoded.

    Attributes:
        size_px: width and height of the upright picture.
        packets: number of video packets, which a whole file decodes to as many frames.
        duration_s: from the first to the end of the last frame, by timestamps.
        nominal_fps: frames over duration; reported, never used to tell time.
        container_time: the container's creation time, which is often that of encoding.
        promised_s: duration that the header gives, 0 where it gives none.
        is_interlaced: whether frames hold two half pictures taken one after the other.
    """

    size_px: tuple[int, int]
    packets: int
    duration_s: float
    nominal_fps: float
    codec: str
    container_time: datetime | None
    promised_s: float = 0.0
    is_interlaced: bool = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before trusting the recording, in sentences without its name."""
        says = []
        if self.promised_s > self.duration_s + _SHORT_S:
            says.append(f"cut off: {self.duration_s:.1f} s are there, its header promises {self.promised_s:.1f} s")
        if self.is_interlaced:
            says.append("interlaced: fast road users are combed and may be missed; record progressive frames")
        return tuple(says)


@dataclass(frozen=True)
class Frames:
    """A batch of consecutive frames: numbers, seconds since the start of the recording, BGR images."""

    number: tuple[int, ...]
    time_s: tuple[float, ...]
    images: tuple[Image, ...]


@dataclass
class Decoding:
    """What decoding a recording has met so far.

    Attributes:
        frame_times_s: of every frame kept.
        corrupt_frames: frames kept that the decoder marked as damaged.
        errors: packets that did not decode, and breaks in the container.
        untimed_frames: left out because they had no timestamp or one not after the frame before.
        resized_frames: left out because they had another size than the camera's.
    """

    frame_times_s: array[float] = field(default_factory=lambda: array("d"))
    corrupt_frames: int = 0
    errors: int = 0
    untimed_frames: int = 0
    resized_frames: int = 0


def probe(path: Path) -> Probe:
    """Reads a recording's packet timestamps, and its first frame.

    Raises:
        RecordingError: if the file is missing, is not a video or holds no frame.
    """
    if not path.is_file():
        raise RecordingError(f"{path}: no such recording. Check the path given with --recording.")
    try:
        with _open(path) as container:
            if not container.streams.video:
                raise RecordingError(f"{path}: no video stream in it. Give a video file.")
            stream = container.streams.video[0]
            packets, ticks = _timestamps(container, stream)
            base, codec = stream.time_base, stream.codec_context.name
            promised_s = _promised_s(container, stream)
            made = _moment(container.metadata.get("creation_time"))
            _refuse_oversized(path, stream, packets)
        size_px, is_interlaced = _first_picture(path)
    except FFmpegError as error:
        raise RecordingError(f"{path}: not a readable video ({error}). Copy the file again or re-export it.") from error
    if not len(ticks) or base is None:
        raise RecordingError(f"{path}: zero video frames in it. Copy the file again or re-export it.")
    interval = float(np.median(np.diff(ticks))) if len(ticks) > 1 else 0.0
    duration_s = float((ticks[-1] - ticks[0] + interval) * base)
    fps = packets / duration_s if duration_s > 0 else 0.0
    return Probe(size_px, packets, duration_s, fps, codec, made, promised_s, is_interlaced)


@contextmanager
def _open(path: Path) -> Iterator[InputContainer]:
    # Some containers name other files or hosts to read on; a recording is one local file.
    with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
        yield container


def _timestamps(container: InputContainer, stream: av.VideoStream) -> tuple[int, NDArray[np.int64]]:
    """Number of packets that hold a picture to show, and the sorted timestamps of those that have one."""
    packets, ticks = 0, array("q")
    for packet in _packets(container, stream, Decoding()):
        if packet.size and not packet.is_discard:
            packets += 1
            if packet.pts is not None:
                ticks.append(packet.pts)
    return packets, np.sort(np.asarray(ticks))


def _refuse_oversized(path: Path, stream: av.VideoStream, packets: int) -> None:
    """Before anything is decoded: a small file can unpack to more than the memory or the week there is."""
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > _MOST_PX or width * height * packets > _MOST_PX_IN_ALL:
        raise RecordingError(
            f"{path}: {packets} frames of {width}x{height} px are more than a recording may hold: {_MOST_PX / 1e6:.0f} "
            f"million px in a frame, {_MOST_PX_IN_ALL / 1e12:.0f} million million in all. Split it, or re-export it "
            "smaller."
        )


def _promised_s(container: InputContainer, stream: av.VideoStream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _moment(text: str | None) -> datetime | None:
    """A container's creation time, which is in UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _first_picture(path: Path) -> tuple[tuple[int, int], bool]:
    """Upright width and height of the first frame that decodes, and whether it is interlaced."""
    with _open(path) as container:
        for frame, _ in _decode(container, Decoding()):
            turn = _turn(frame)
            if turn is None:
                raise RecordingError(
                    f"{path}: the container asks for a rotation by {frame.rotation} degrees; only quarter turns are "
                    "supported. Re-export it upright."
                )
            return _upright_size(frame), frame.interlaced_frame
    raise RecordingError(f"{path}: zero video frames can be decoded. Copy the file again or re-export it.")


def read_frames(path: Path, camera: Camera, batch: int, decoding: Decoding, every: int = 1) -> Iterator[Frames]:
    """Decodes a recording packet by packet, so that damage costs frames and not the rest of the file.

    Args:
        path: the recording.
        camera: whose size a frame must have and whose masks are blackened.
        batch: frames per batch.
        decoding: filled in while reading.
        every: only each so-manieth frame is made a picture; the others are decoded and accounted for.

    Yields:
        Upright, masked frames in the order of their presentation.
    """
    numbers, times, images = [], [], []
    with _open(path) as container:
        for frame, time_s in _decode(container, decoding):
            if _upright_size(frame) != camera.size_px:
                decoding.resized_frames += 1
                continue
            number = len(decoding.frame_times_s)
            decoding.frame_times_s.append(time_s)
            decoding.corrupt_frames += int(frame.is_corrupt)
            if number % every:
                continue
            image = _upright(frame)
            blacken(image, camera.privacy_masks_px)
            numbers.append(number)
            times.append(time_s)
            images.append(image)
            if len(images) == batch:
                yield Frames(tuple(numbers), tuple(times), tuple(images))
                numbers, times, images = [], [], []
    if images:
        yield Frames(tuple(numbers), tuple(times), tuple(images))


def _upright_size(frame: av.VideoFrame) -> tuple[int, int]:
    """Width and height of the picture as it is meant to be seen."""
    turn = _turn(frame)
    return (frame.width, frame.height) if turn is None or turn[0] else (frame.height, frame.width)


def _upright(frame: av.VideoFrame) -> Image:
    """The picture as it is meant to be seen."""
    image = np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
    turn = _turn(frame)
    if turn is None or turn == _UPRIGHT:
        return image
    a, b, c, d = turn
    image = image if a else image.swapaxes(0, 1)
    return np.ascontiguousarray(image[:: b + d, :: a + c])


def _turn(frame: av.VideoFrame) -> tuple[int, int, int, int] | None:
    """Where the display matrix sends the picture: x' = a x + c y, y' = b x + d y; None unless quarter turns."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(data, Buffer):
        return _UPRIGHT
    exact = np.frombuffer(bytes(data), np.int32)[[0, 1, 3, 4]] / 65536
    a, b, c, d = np.rint(exact).astype(int).tolist()
    is_quarter = np.allclose(exact, (a, b, c, d), atol=0.01) and abs(a * d - b * c) == 1
    return (a, b, c, d) if is_quarter else None


def _decode(container: InputContainer, decoding: Decoding) -> Iterator[tuple[av.VideoFrame, float]]:
    """Frames that have a place in time, and their seconds since the start of the recording."""
    stream = container.streams.video[0]
    stream.thread_type, stream.codec_context.thread_count = "AUTO", cores()
    # The container knows when its first frame was due even if that frame is lost.
    start = None if stream.start_time is None else float(stream.start_time * (stream.time_base or 0))
    last = -np.inf
    for packet in _packets(container, stream, decoding):
        try:
            frames = packet.decode()
        except FFmpegError:
            decoding.errors += 1
            continue
        for frame in frames:
            if frame.pts is None or frame.time <= last:
                decoding.untimed_frames += 1
                continue
            start = frame.time if start is None else start
            last = frame.time
            yield frame, frame.time - start


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


def observed_intervals(frame_times_s: Sequence[float]) -> list[tuple[float, float]]:
    """Half-open intervals, in seconds, during which frames followed each other without a gap.

    A frame stands for the time until the next one; the last of an unbroken run for the time usual
    around it. What is usual is the median over the neighbouring frames, because a camera may film
    slower at night, but never more than a second.
    """
    times = np.asarray(frame_times_s, dtype=float)
    if len(times) == 0:
        return []
    steps = np.diff(times)
    usual_s = np.minimum(median_filter(steps, _AROUND, mode="nearest"), _LONGEST_STEP_S) if len(steps) else np.zeros(1)
    breaks = np.flatnonzero((steps > _GAP_FACTOR * usual_s[: len(steps)]) | (steps > _LONGEST_STEP_S))
    first, last = np.r_[0, breaks + 1], np.r_[breaks, len(steps)]
    ends = times[last] + usual_s[np.maximum(last - 1, 0)]
    return list(zip(times[first].tolist(), ends.tolist(), strict=True))
