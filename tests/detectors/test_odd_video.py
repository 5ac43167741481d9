"""Odd and broken files: they work, or they are reported; none is read short in silence."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from detectors.video import Decoding, RecordingError, observed_intervals, probe, read_frames
from tests import builders

N = 60
SCENE = np.repeat(np.random.default_rng(0).integers(60, 200, (120, 160, 1), dtype=np.uint8), 3, axis=2)


def scene(n=N):
    """Noise that costs bits, so that damage hits pictures, with a bright square that wanders."""
    for i in range(n):
        image = SCENE.copy()
        image[20:40, 2 + 2 * i : 22 + 2 * i] = 255
        yield image


def film(path, codec="libx264", pix_fmt="yuv420p", *, n=N, times_s=None, options=None, container=None, turn=None):
    """Writes the scene at 10 frames/s through any encoder; ``turn`` is (degrees, hflip, vflip)."""
    options = {"g": "10", "bf": "0"} if options is None and codec == "libx264" else options or {}
    with av.open(str(path), "w", options=container or {}) as out:
        stream = out.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 120, pix_fmt
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if turn:
            stream.set_display_rotation(*turn)
        for i, image in enumerate(scene(n)):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = round(1000 * (times_s[i] if times_s else i / 10)), Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def decode(path, **camera):
    decoding = Decoding()
    batches = list(read_frames(path, builders.camera(**camera), 16, decoding))
    return [image for batch in batches for image in batch.images], decoding


def is_clean(decoding):
    return not (decoding.errors or decoding.corrupt_frames or decoding.untimed_frames or decoding.resized_frames)


@pytest.mark.parametrize(
    ("name", "arguments", "codec"),
    [
        ("hevc.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none"}}, "hevc"),
        (
            "hevc10.mp4",
            {"codec": "libx265", "pix_fmt": "yuv420p10le", "options": {"x265-params": "log-level=none"}},
            "hevc",
        ),
        ("av1.mp4", {"codec": "libsvtav1", "options": {"preset": "13", "svtav1-params": "lp=1"}}, "libdav1d"),
        ("h264_10.mp4", {"pix_fmt": "yuv420p10le"}, "h264"),
        ("h264_422.mp4", {"pix_fmt": "yuv422p10le"}, "h264"),
        ("b_frames.mp4", {"options": {"bf": "3"}}, "h264"),
        ("fragmented.mp4", {"container": {"movflags": "frag_keyframe+empty_moov"}}, "h264"),
        ("interlaced.mp4", {"options": {"x264-params": "interlaced=1:tff=1"}}, "h264"),
        ("mjpeg.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}, "mjpeg"),
        ("mpeg4.avi", {"codec": "mpeg4"}, "mpeg4"),
        ("film.mkv", {}, "h264"),
        ("film.mov", {}, "h264"),
        ("vp9.webm", {"codec": "libvpx-vp9", "options": {"cpu-used": "8", "deadline": "realtime"}}, "vp9"),
        ("offset.ts", {"times_s": [1.4 + i / 10 for i in range(N)]}, "h264"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_odd_files_are_read_whole(tmp_path, name, arguments, codec):
    path = film(tmp_path / name, **arguments)
    seen = probe(path)
    images, decoding = decode(path)
    assert (seen.codec, seen.packets, len(images), seen.size_px) == (codec, N, N, (160, 120))
    assert seen.duration_s == pytest.approx(N / 10, abs=1e-3)
    assert np.asarray(decoding.frame_times_s) == pytest.approx(np.arange(N) / 10, abs=1e-3)
    assert is_clean(decoding)
    assert any("interlaced" in w for w in seen.warnings) == (name == "interlaced.mp4")
    assert np.abs(images[7][25:35, 20:32].astype(int) - 255).mean() < 12


def test_a_variable_frame_rate_keeps_its_times(tmp_path):
    times = np.sort(np.random.default_rng(0).choice(240, N, replace=False)) / 25
    path = film(tmp_path / "vfr.mp4", times_s=list(times))
    _, decoding = decode(path)
    assert np.asarray(decoding.frame_times_s) == pytest.approx(times - times[0], abs=1e-3)


@pytest.mark.parametrize("flip", [False, True], ids=["plain", "mirrored"])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_pictures_are_turned_upright(tmp_path, degrees, flip):
    path = film(tmp_path / "turned.mp4", n=3, turn=(degrees, flip, False))
    size = (120, 160) if degrees % 180 else (160, 120)
    assert probe(path).size_px == size
    images, decoding = decode(path, size_px=size)
    wanted = np.rot90(SCENE, degrees // 90)
    wanted = wanted[:, ::-1] if flip else wanted
    for image in images:
        assert image.flags.c_contiguous
        assert np.abs(image.astype(int) - wanted).mean() < 20
    assert len(images) == 3
    assert is_clean(decoding)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_upright_is_what_opencv_shows(tmp_path, degrees):
    path = film(tmp_path / "turned.mp4", n=1, turn=(degrees, False, False))
    _, theirs = cv2.VideoCapture(str(path)).read()
    ours, _ = decode(path, size_px=probe(path).size_px)
    assert np.abs(ours[0].astype(int) - theirs).mean() < 3


def test_a_crooked_rotation_is_refused(tmp_path):
    path = film(tmp_path / "crooked.mp4", n=3, turn=(30, False, False))
    with pytest.raises(RecordingError, match=r"rotation by -?\d+ degrees.*upright"):
        probe(path)


def test_a_file_cut_off_says_how_much_is_missing(tmp_path):
    path = film(tmp_path / "a.mp4", container={"movflags": "faststart"})
    whole = path.read_bytes()
    path.write_bytes(whole[: (whole.index(b"mdat") + len(whole)) // 2])
    seen = probe(path)
    images, _ = decode(path)
    assert 20 < len(images) <= seen.packets < 40
    assert seen.promised_s == pytest.approx(6.0)
    assert any("header promises 6.0 s" in w for w in seen.warnings)


def damaged(path, start, size, rng=None):
    """Zeroes a share of the pictures' bytes, or flips single bits in it."""
    content = bytearray(path.read_bytes())
    first = content.index(b"mdat") + 8 if b"mdat" in content else 0
    length = len(content) - first
    begin, count = first + int(start * length), int(size * length)
    if rng is None:
        content[begin : begin + count] = bytes(count)
    else:
        for i in rng.integers(begin, begin + count, 60):
            content[i] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_hole_costs_little_and_is_reported(tmp_path, name):
    path = damaged(film(tmp_path / name, container={"movflags": "faststart"}), 0.5, 0.05)
    images, decoding = decode(path)
    assert len(images) >= 0.9 * N
    assert decoding.frame_times_s[-1] == pytest.approx(5.9)
    assert decoding.corrupt_frames + decoding.errors + decoding.untimed_frames + probe(path).packets - len(images) > 0


def test_rotten_bits_are_reported(tmp_path):
    path = damaged(film(tmp_path / "a.mp4"), 0, 0.8, np.random.default_rng(1))
    images, decoding = decode(path)
    assert len(images) >= 0.8 * N
    assert decoding.corrupt_frames + decoding.errors > 0


def test_a_lost_beginning_moves_no_clock(tmp_path):
    path = damaged(film(tmp_path / "a.mp4"), 0, 0.3)
    images, decoding = decode(path)
    lost = N - len(images)
    assert lost > 5
    assert decoding.frame_times_s[0] == pytest.approx(lost / 10)
    assert observed_intervals(decoding.frame_times_s)[0] == pytest.approx((lost / 10, 6.0))


def test_time_that_runs_backwards_is_left_out_and_reported(tmp_path):
    path = film(tmp_path / "a.ts")
    path.write_bytes(2 * path.read_bytes())
    images, decoding = decode(path)
    assert len(images) == N
    assert decoding.untimed_frames == N
    assert probe(path).packets == 2 * N


def test_frames_of_another_size_are_left_out_and_reported(tmp_path):
    images, decoding = decode(film(tmp_path / "a.mp4"), size_px=(640, 480))
    assert images == []
    assert decoding.resized_frames == N


def test_a_list_of_other_files_is_no_recording(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(RecordingError, match="not a readable video"):
        probe(path)


def test_observed_time_follows_a_rate_that_changes():
    day, night = np.arange(0, 4, 0.04), np.arange(4, 24, 0.2)
    assert observed_intervals(np.r_[day, night]) == [pytest.approx((0.0, 24.0))]


def test_a_frame_every_other_second_is_no_observation():
    seen = observed_intervals(np.arange(0, 20, 2.0))
    assert sum(b - a for a, b in seen) <= 10.0
