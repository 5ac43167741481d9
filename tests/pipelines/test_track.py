from datetime import timedelta

import polars as pl
import pytest

from pipelines.audit import AuditLog
from pipelines.lake import Lake
from pipelines.stages.ingest import examine
from pipelines.stages.track import REPORTS, TrackingReports, hanging_on_joints, track
from tests import builders


def tracked(tmp_path, detector, path=None):
    path = path or builders.video(tmp_path / "pole_2026-06-10_08-14-58.mp4")
    site, lake = builders.site(), Lake(tmp_path / "lake")
    recording = examine(path, site, site.camera("pole"), "2026-06-10T08:14:58")
    report = track(recording, site.camera("pole"), detector, lake, AuditLog(tmp_path / "log.jsonl"))
    return report, lake.open(TrackingReports, REPORTS, recording.key).row(0, named=True)


def test_a_tracking_is_reported_in_numbers(tmp_path):
    report, row = tracked(tmp_path, builders.two_walkers())
    assert report.warnings == ()
    expected = {"tracks": 2, "boxes": 80, "frames": 40, "frames_dropped": 0, "frames_inferred": 40}
    assert {name: report.figures[name] for name in expected} == expected
    assert report.figures["fragments_joined"] == 0
    assert 0 < row["displacement_p95"] < 0.3
    assert all(0 < row[f"{stage}_s"] <= row["seconds"] for stage in ("decode", "detect", "associate"))


def test_road_users_too_fast_for_the_frame_rate_are_warned_of(tmp_path):
    report, _ = tracked(tmp_path, builders.recorded(builders.walk(range(25), (20, 70), (150, 70))))
    assert any("move 0.45 of their box from one frame to the next" in warning for warning in report.warnings)


def test_what_is_missing_is_warned_of(tmp_path):
    path = builders.video(tmp_path / "a.mp4", builders.images(120))
    whole = bytearray(path.read_bytes())
    middle = (whole.index(b"mdat") + len(whole)) // 2
    whole[middle : middle + 300] = bytes(300)
    path.write_bytes(whole)
    report, _ = tracked(tmp_path, builders.two_walkers(), path)
    assert any("damaged" in warning and "gaps are left out" in warning for warning in report.warnings)


@pytest.mark.parametrize(("seconds", "hanging"), [(2.0, 1), (0.5, 0), (3.5, 0)])
def test_crossings_within_a_bridged_gap_hang_on_it(seconds, hanging):
    crossings = pl.DataFrame(
        {"track_id": [1, 2], "time_utc": [builders.START + timedelta(seconds=seconds)] * 2},
        schema={"track_id": pl.UInt32, "time_utc": pl.Datetime("us", "UTC")},
    )
    gap = [[builders.START + timedelta(seconds=s)] for s in (1, 3)]
    report = {"joint_track_id": [1], "joint_from_utc": gap[0], "joint_to_utc": gap[1]}
    assert hanging_on_joints(crossings, report) == hanging
    assert hanging_on_joints(crossings, {name: [] for name in report}) == 0
