"""Each check fails when what it guards is broken, and a failed check holds the day back."""

import duckdb
import polars as pl
import pytest

from pipelines.lake import _write
from pipelines.publishing.store import read_latest
from pipelines.settings import Settings
from pipelines.stages.check import CHECKS
from tests import builders


@pytest.fixture
def day(data):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    day = builders.site_day(settings)
    builders.run_day(day)
    return day


def sql(day, text):
    with duckdb.connect(str(day.settings.warehouse)) as connection:
        connection.execute(text)


def corrupt_lake(day):
    (key,) = day.lake.keys("tracks", day.day, "pole")
    path = day.lake.path("tracks", key)
    rows = pl.read_parquet(path, hive_partitioning=False).with_columns(confidence=pl.lit(7.0, pl.Float32))
    _write(rows, path, "sealed, and against the contract")


def truncate_lake(day):
    (key,) = day.lake.keys("occupancy", day.day, "pole")
    path = day.lake.path("occupancy", key)
    path.write_bytes(path.read_bytes()[:-40])


def lose_a_crossing(day):
    sql(day, "DELETE FROM flow_contributions WHERE line_id = 'gate' AND road_user = 'car'")


BROKEN = {
    "contract": corrupt_lake,
    "contract, cut off": truncate_lake,
    "non_negative": lambda day: sql(day, "UPDATE flow_contributions SET count = -1 WHERE line_id = 'gate'"),
    "coverage": lambda day: sql(day, "UPDATE loads SET observed_s = 1.0"),
    "coverage, twice": lambda day: sql(day, "UPDATE coverage_contributions SET observed_s = 901"),
    "conservation": lose_a_crossing,
    "conservation, movements": lambda day: sql(
        day,
        "INSERT INTO movement_contributions SELECT recording_id, 'square', NULL, NULL, 'car', start_utc, 1 FROM loads",
    ),
    "conservation, doubled": lambda day: sql(day, "INSERT INTO flow_contributions SELECT * FROM flow_contributions"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_day_fails_its_check_and_is_held_back(day, case):
    BROKEN[case](day)
    failed = {v.check: v.details for v in day.check() if not v.is_passed}
    name = case.split(",")[0]
    assert name in failed
    (report,) = day.release()
    assert report.figures["held"] == 1
    assert any(name in warning for warning in report.warnings)


def test_a_mended_day_is_released_again(day):
    released = day.settings.released / "planner"
    good = read_latest(released)
    sql(day, "UPDATE loads SET observed_s = 1.0")
    day.check()
    day.release()
    assert read_latest(released) != good
    sql(day, "UPDATE loads SET observed_s = 4.0")
    day.check()
    day.release()
    assert read_latest(released)["digest"] == good["digest"]


def test_all_checks_are_known_by_name(day):
    assert [v.check for v in day.check()] == list(CHECKS)
    assert all(v.is_passed for v in day.check())


def test_a_day_never_checked_is_held_back(day):
    sql(day, "DELETE FROM verdicts")
    (report,) = day.release()
    assert report.warnings == ("crossroads 2026-06-10 is held back: not checked",)


def test_a_failure_is_in_the_audit_log(day):
    lose_a_crossing(day)
    day.check()
    assert [e["check"] for e in day.audit.entries() if e["action"] == "check_failed"] == ["conservation"]
