"""Writes rendered frames into a recording."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from detectors.synthetic.scene import Image


def write_mp4(path: Path, frames: Iterable[Image], *, fps: Fraction, quality_crf: int) -> None:
    """Writes frames as H.264, with no trace of when or where they were encoded."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream = None
        for image in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps, options={"crf": str(quality_crf), "preset": "slow"})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        if stream is not None:
            container.mux(stream.encode(None))
