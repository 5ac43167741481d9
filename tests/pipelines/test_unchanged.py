"""What earlier runs have found out holds while every file it rests on is the same, and no longer."""

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from pipelines import upkeep
from pipelines.settings import Settings
from pipelines.stages.unchanged import unchanged
from tests import builders


class Look:
    """Looks at a file through a memory; tells whether it had to, and what it found."""

    def __init__(self, folder):
        self.memory, self.file, self.beside = folder / "memory.json", folder / "file", folder / "beside"
        self.file.write_bytes(b"one")

    def __call__(self, *, state="s", inputs="i", lasts=True):
        with unchanged(self.memory, str, state) as known:
            found, was_known = known.recall(
                "it", self.file.read_text, inputs=inputs, reads=[self.file, self.beside], lasts=lambda _: lasts
            )
        return found, was_known


@pytest.fixture
def look(tmp_path):
    look = Look(tmp_path)
    assert look() == ("one", False)
    assert look() == ("one", True)
    return look


def _written(look):
    look.file.write_bytes(b"two")


def _written_with_its_old_time(look):
    seen = look.file.stat()
    look.file.write_bytes(b"two")
    os.utime(look.file, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def _replaced_with_its_old_time(look):
    seen = look.file.stat()
    new = look.file.with_name("new")
    new.write_bytes(b"two")
    os.utime(new, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    new.replace(look.file)


def _grown(look):
    with look.file.open("ab") as file:
        file.write(b" more")


@pytest.mark.parametrize("change", [_written, _written_with_its_old_time, _replaced_with_its_old_time, _grown])
def test_a_changed_file_is_looked_at_anew(look, change):
    change(look)
    assert look() == (look.file.read_text(), False)
    assert look() == (look.file.read_text(), True)


def test_a_file_that_appears_beside_it_or_goes_is_seen(look):
    look.beside.write_bytes(b"")
    assert look() == ("one", False)
    look.beside.unlink()
    assert look() == ("one", False)


@pytest.mark.parametrize("other", [{"state": "t"}, {"inputs": "j"}])
def test_other_inputs_are_looked_at_anew(look, other):
    assert look(**other) == ("one", False)
    assert look() == ("one", False)


def test_what_does_not_last_is_looked_at_every_time(look):
    look.file.write_bytes(b"two")
    assert [look(lasts=False)[1] for _ in range(2)] == [False, False]


def test_a_damaged_memory_tells_nothing(look):
    look.memory.write_bytes(look.memory.read_bytes()[:-5])
    assert look() == ("one", False)


def test_a_change_during_the_look_is_seen_by_the_next(tmp_path):
    look = Look(tmp_path)

    def read_and_change():
        text = look.file.read_text()
        look.file.write_bytes(b"later")
        return text

    with unchanged(look.memory, str, "s") as known:
        known.recall("it", read_and_change, reads=[look.file])
    with unchanged(look.memory, str, "s") as known:
        assert known.recall("it", look.file.read_text, reads=[look.file]) == ("later", False)


def test_moments_come_back_as_they_were(tmp_path):
    moment = datetime(2026, 6, 10, tzinfo=UTC)
    for _ in range(2):
        with unchanged(tmp_path / "m.json", datetime, "s") as known:
            found, _ = known.recall("it", lambda: moment)
    assert found == moment
    assert str(found) == str(moment)


@pytest.fixture
def counted(data):
    """A data folder whose day was counted, and what the run reported."""
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    return settings, builders.run_day(builders.site_day(settings))


STAGES = ("recordings", "tracks", "camera_drift", "trajectories", "crossings", "flow_counts")


def test_a_run_that_finds_nothing_changed_says_the_same(counted):
    settings, first = counted
    again = builders.run_day(builders.site_day(settings))
    for stage in STAGES:
        assert [report.is_reused for report in again[stage]] == [True], stage
        ours, theirs = ([replace(r, seconds=0.0, is_reused=True) for r in one[stage]] for one in (first, again))
        assert ours == theirs
        assert [type(v) for v in ours[0].figures.values()] == [type(v) for v in theirs[0].figures.values()]
    assert again["checks"] == first["checks"]


@pytest.mark.parametrize("table", ["recordings", "tracks", "trajectories", "occupancy", "speeds"])
def test_a_changed_byte_of_the_lake_is_found(counted, table):
    settings, _ = counted
    day = builders.site_day(settings)
    (key,) = day.lake.keys(table, day.day, "pole")
    path = day.lake.path(table, key)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    contract = day.check()[0]
    assert not contract.is_passed
    assert str(path) in contract.details


def test_a_lake_file_that_is_gone_is_made_again_from_what_is_known(counted):
    settings, _ = counted
    day = builders.site_day(settings)
    day.lake.remove(["recordings", "crossings"], day.lake.keys("recordings", day.day, "pole")[0])
    again = builders.run_day(builders.site_day(settings))
    assert {stage: again[stage][0].is_reused for stage in STAGES} == dict.fromkeys(STAGES, True) | {
        "recordings": False,
        "crossings": False,
    }
    assert all(verdict.is_passed for verdict in again["checks"])


def test_verifying_reads_every_file_again(counted, monkeypatch):
    settings, _ = counted
    day = builders.site_day(settings)
    assert (memory := settings.unchanged / "crossroads" / str(day.day)).is_dir()
    monkeypatch.setenv("PASSANT_DATA", str(settings.data))
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0))
    asked = ["backfill", "--site", "crossroads", "--from", "2026-06-09", "--to", "2026-06-11"]
    assert CliRunner().invoke(upkeep.app, asked).exit_code == 0
    assert memory.is_dir()
    assert CliRunner().invoke(upkeep.app, [*asked, "--verify"]).exit_code == 0
    assert not memory.exists()
