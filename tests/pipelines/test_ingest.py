from datetime import UTC, datetime

import pytest

from detectors.video import Probe, RecordingError
from pipelines.audit import AuditLog
from pipelines.lake import Lake
from pipelines.stages.ingest import TABLE, Recordings, examine, ingest, start_of
from tests import builders

MADE = datetime(2021, 1, 1, tzinfo=UTC)
SEEN = Probe((160, 120), 40, 4.0, 10.0, "h264", MADE)


def start(tmp_path, name="pole_2026-06-10_08-14-58.mp4", option=None, sidecar=None, **camera):
    values = {"start_pattern": "pole_%Y-%m-%d_%H-%M-%S", **camera}
    if sidecar is not None:
        (tmp_path / f"{name}.start").write_text(sidecar)
    return start_of(tmp_path / name, builders.camera(**values), SEEN, option)


@pytest.mark.parametrize(
    ("arguments", "expected", "source"),
    [
        ({}, builders.START, "file name"),
        ({"option": "2026-06-10T08:14:58"}, builders.START, "option"),
        ({"option": "2026-06-10T06:14:58+00:00"}, builders.START, "option"),
        ({"option": "2026-01-10T08:00:00"}, datetime(2026, 1, 10, 7, tzinfo=UTC), "option"),
        ({"sidecar": "2026-01-10T08:00:00\n"}, datetime(2026, 1, 10, 7, tzinfo=UTC), "sidecar"),
        ({"sidecar": "2026-01-10T08:00Z"}, datetime(2026, 1, 10, 8, tzinfo=UTC), "sidecar"),
        (
            {"sidecar": "2026-01-10T08:00", "option": "2026-01-11T08:00Z"},
            datetime(2026, 1, 11, 8, tzinfo=UTC),
            "option",
        ),
        ({"name": "film.mp4", "trusts_container_time": True}, MADE, "container"),
        ({"option": "2026-10-25T02:30:00+01:00"}, datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "option"),
    ],
    ids=[
        "file name",
        "option first",
        "option with offset",
        "winter time",
        "sidecar before file name",
        "sidecar with offset",
        "option before sidecar",
        "container where trusted",
        "the second 02:30",
    ],
)
def test_where_the_start_comes_from(tmp_path, arguments, expected, source):
    assert start(tmp_path, **arguments) == (expected, source)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "film.mp4"}, r"no start time.*--start.*film\.mp4\.start.*not trusted"),
        ({"sidecar": "some day"}, r"\.mp4\.start: 'some day' is no time"),
        ({"sidecar": "2026-03-29T02:30"}, r"\.mp4\.start: .* does not happen"),
        ({"name": "film.mp4", "start_pattern": None}, "names no pattern"),
        ({"option": "yesterday"}, "'yesterday' is no time"),
        ({"option": "2026-10-25T02:30:00"}, "happens twice"),
        ({"option": "2026-03-29T02:30:00"}, "does not happen"),
        ({"name": "pole_2026-10-25_02-30-00.mp4"}, "happens twice"),
    ],
)
def test_no_start_is_guessed(tmp_path, arguments, says):
    with pytest.raises(RecordingError, match=says):
        start(tmp_path, **arguments)


@pytest.fixture
def recording(tmp_path):
    path = builders.video(tmp_path / "pole_2026-06-10_08-14-58.mp4")
    site = builders.site()
    return examine(path, site, site.camera("pole"), None)


def test_a_recording_is_named_by_camera_start_and_content(recording):
    assert recording.key.recording_id == f"pole__20260610T061458Z__{recording.sha256[:8]}"
    assert recording.key.day == builders.DAY


def test_another_size_than_the_sites_is_refused(tmp_path):
    import numpy as np

    path = builders.video(tmp_path / "a.mp4", [np.zeros((90, 100, 3), np.uint8)] * 3)
    site = builders.site()
    with pytest.raises(RecordingError, match="100x90 px, but crossroads/site.yaml says 160x120 px"):
        examine(path, site, site.camera("pole"), "2026-06-10T08:00")


def test_ingesting_twice_changes_nothing(tmp_path, recording):
    lake, audit = Lake(tmp_path / "lake"), AuditLog(tmp_path / "log.jsonl")
    first = ingest(recording, builders.site(), lake, audit)
    content = first.path.read_bytes()
    second = ingest(recording, builders.site(), lake, audit)
    assert (first.is_reused, second.is_reused) == (False, True)
    assert second.path.read_bytes() == content
    assert audit.verify() == 1
    row = lake.open(Recordings, TABLE, recording.key).row(0, named=True)
    assert (row["frames"], row["start_source"]) == (40, "file name")
    assert row["duration_s"] == pytest.approx(4.0)


def test_what_is_odd_about_a_recording_is_said(tmp_path):
    site, lake, audit = builders.site(), Lake(tmp_path / "lake"), AuditLog(tmp_path / "log.jsonl")
    path = builders.video(tmp_path / "a.mp4", builders.images(120))
    whole = path.read_bytes()
    path.write_bytes(whole[: (whole.index(b"mdat") + len(whole)) // 2])
    report = ingest(examine(path, site, site.camera("pole"), "2026-06-10T08:15:00"), site, lake, audit)
    (warning,) = report.warnings
    assert warning.startswith("a.mp4: cut off: ")
    assert "promises 12.0 s" in warning


def test_recordings_of_a_camera_must_not_overlap(tmp_path, recording):
    lake, audit, site = Lake(tmp_path / "lake"), AuditLog(tmp_path / "log.jsonl"), builders.site()
    ingest(recording, site, lake, audit)
    other = builders.video(tmp_path / "other.mp4", builders.images(30))
    with pytest.raises(RecordingError, match="overlaps in time with pole__20260610T061458Z"):
        ingest(examine(other, site, site.camera("pole"), "2026-06-10T08:15:00"), site, lake, audit)
    ingest(examine(other, site, site.camera("pole"), "2026-06-10T08:15:02"), site, lake, audit)
