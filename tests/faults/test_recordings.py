"""Recordings that claim more than they hold: refused by their header, before a frame is decoded."""

from fractions import Fraction

import av
import numpy as np
import pytest

from detectors import video
from detectors.video import RecordingError, probe
from tests import builders


def film(path, size_px, frames):
    """Grey pictures as MJPEG, which compresses a large one fast."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height = size_px
        stream.pix_fmt, stream.time_base = "yuvj420p", Fraction(1, 10)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(
                np.full((size_px[1] * 3 // 2, size_px[0]), 128, np.uint8), format="yuvj420p"
            )
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def nothing_decoded(monkeypatch):
    def decoded(_):
        raise AssertionError("a frame was decoded")

    monkeypatch.setattr(video, "_first_picture", decoded)


def test_a_frame_larger_than_8k_is_refused_by_its_header(tmp_path, nothing_decoded):
    bomb = film(tmp_path / "bomb.avi", (8192, 4320), 2)
    assert bomb.stat().st_size < 2_000_000
    with pytest.raises(RecordingError, match=r"bomb\.avi: 2 frames of 8192x4320 px are more than .* Split it"):
        probe(bomb)


def test_more_frames_than_anyone_records_in_a_day_are_refused(tmp_path, nothing_decoded, monkeypatch):
    monkeypatch.setattr(video, "_MOST_PX_IN_ALL", 160 * 120 * 39)
    with pytest.raises(RecordingError, match="40 frames of 160x120 px are more than"):
        probe(builders.video(tmp_path / "long.mp4"))


def test_a_day_in_4k_may_be_recorded():
    assert video._MOST_PX_IN_ALL >= 3840 * 2160 * 60 * 86_400
    assert video._MOST_PX >= 7680 * 4320
