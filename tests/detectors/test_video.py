import pytest

from detectors.detector import Detector
from detectors.track_video import track_video
from detectors.video import Decoding, RecordingError, observed_intervals, probe, read_frames
from tests import builders


def decode(path, **changes):
    decoding = Decoding()
    batches = list(read_frames(path, builders.camera(**changes), 7, decoding))
    return [image for batch in batches for image in batch.images], decoding


def test_probe_reads_times_from_packets(tmp_path):
    seen = probe(builders.video(tmp_path / "a.mp4", builders.images(30), fps=10))
    assert (seen.size_px, seen.packets, seen.codec) == ((160, 120), 30, "h264")
    assert seen.duration_s == pytest.approx(3.0)
    assert seen.nominal_fps == pytest.approx(10.0)


def test_time_is_the_presentation_timestamp(tmp_path):
    times = [0.0, 0.1, 0.35, 0.4, 1.0]
    path = builders.video(tmp_path / "a.mp4", builders.images(5), times_s=times)
    _, decoding = decode(path)
    assert list(decoding.frame_times_s) == pytest.approx(times)


def test_batches_keep_every_frame_in_order(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(16))
    batches = list(read_frames(path, builders.camera(), 7, Decoding()))
    assert [len(b.images) for b in batches] == [7, 7, 2]
    assert [n for b in batches for n in b.number] == list(range(16))


MASK = ((20.0, 30.0), (70.0, 30.0), (70.0, 80.0), (20.0, 80.0))


def test_masks_are_black_before_the_detector_looks(tmp_path):
    seen = []

    class Spy:
        workers = 1

        name, digest, road_users = "spy", "spy", ()

        def detect(self, frames):
            import supervision as sv

            seen.extend(image.copy() for image in frames.images)
            return [sv.Detections.empty() for _ in frames.images]

    detector: Detector = Spy()
    path = builders.video(tmp_path / "a.mp4")
    track_video(
        path,
        builders.camera(privacy_masks_px=(MASK,)),
        detector,
        recording_id="r",
        start_utc=builders.START,
    )
    assert len(seen) == 40
    for image in seen:
        assert not image[30:81, 20:71].any()
        assert (image[:29] > 90).all()
        assert (image[82:] > 90).all()


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "no such recording"), (b"", "not a readable video"), (b"no video at all" * 500, "not a readable video")],
)
def test_unusable_files_are_named_with_a_fix(tmp_path, content, says):
    path = tmp_path / "broken.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordingError, match=says) as error:
        probe(path)
    assert str(path) in str(error.value)


def test_a_file_without_frames_is_refused(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(12))
    whole = path.read_bytes()
    # The index stays, every picture is gone.
    start = whole.index(b"mdat") + 4
    path.write_bytes(whole[:start] + bytes(len(whole) - start))
    with pytest.raises(RecordingError, match="zero video frames|not a readable video"):
        probe(path)


def test_a_hole_costs_frames_and_not_the_rest(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(120))
    whole = bytearray(path.read_bytes())
    middle = (whole.index(b"mdat") + len(whole)) // 2
    whole[middle : middle + 200] = bytes(200)
    path.write_bytes(bytes(whole))
    images, decoding = decode(path)
    assert 60 < len(images) <= 120
    assert decoding.frame_times_s[-1] == pytest.approx(11.9)
    assert decoding.errors + decoding.corrupt_frames + (120 - len(images)) > 0


def test_a_cut_off_file_keeps_what_is_there(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(120))
    whole = path.read_bytes()
    path.write_bytes(whole[: (whole.index(b"mdat") + len(whole)) // 2])
    images, _ = decode(path)
    assert 20 < len(images) < 120


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], []),
        ([0.0], [(0.0, 0.0)]),
        ([0.0, 0.1, 0.2], [(0.0, 0.3)]),
        ([0.0, 0.1, 0.2, 1.0, 1.1], [(0.0, 0.3), (1.0, 1.2)]),
    ],
)
def test_observed_time_leaves_gaps_out(times, expected):
    found = observed_intervals(times)
    assert len(found) == len(expected)
    for interval, wanted in zip(found, expected, strict=True):
        assert interval == pytest.approx(wanted)
