"""Publishing that is cut off, whose clock jumps, that two do at once, and that somebody reads meanwhile."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import polars as pl
import pytest

from dashboards.release import open_latest
from pipelines.audit import AuditLog
from pipelines.privacy.release import TABLES, Release, ReleaseTable
from pipelines.publishing import store
from pipelines.publishing.store import publish, read_latest

SAID = ("sites", "zones", "counting_lines")


def saying(number):
    """A release whose every table says a number, in every column of text."""

    def rows(table):
        schema = TABLES[table].create_empty().schema
        text = {column: f"v{number}" for column, dtype in schema.items() if dtype == pl.String}
        return pl.DataFrame([text], schema=schema)

    return Release("planner", (), frozenset(), iter([ReleaseTable(t, rows(t)) for t in SAID]), (), {})


@pytest.fixture
def world(tmp_path):
    """Publishes a number; knows the tier's folder and the log."""

    class World:
        tier, log = tmp_path / "released" / "planner", AuditLog(tmp_path / "log.jsonl")

        def publish(self, number):
            return publish(saying(number), tmp_path / "released", self.log)

        def versions(self):
            return sorted(path.parent.name for path in self.tier.glob("*/manifest.json"))

        def told(self):
            return [entry["version"] for entry in self.log.entries()]

        def said(self):
            """What a reader of the dashboard finds."""
            latest = open_latest(tmp_path / "released")
            with latest._database.cursor() as cursor:
                query = "SELECT site_id FROM read_parquet($files)"
                found = [cursor.execute(query, {"files": latest.files(table)}).fetchall() for table in SAID]
            assert found == [found[0]] * len(SAID)
            return int(found[0][0][0].removeprefix("v"))

    return World()


class CutOffError(Exception):
    pass


def interrupted(world, number, place):
    """Publishes up to a place: the log's line, or the pointer after it."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(CutOffError):
        if place == "log":
            patch.setattr(AuditLog, "append_once", _end)
        else:
            write = store._write_json
            patch.setattr(store, "_write_json", lambda p, d: _end() if p.name == "latest.json" else write(p, d))
        world.publish(number)


def _end(*_, **__):
    raise CutOffError


@pytest.mark.parametrize("place", ["log", "pointer"])
def test_a_release_cut_off_is_finished_as_it_is(world, place):
    world.publish(1)
    interrupted(world, 2, place)
    assert world.said() == 1
    begun = set(world.versions())
    assert world.publish(2).is_new
    assert set(world.versions()) == begun
    assert world.said() == 2
    assert sorted(world.told()) == world.versions()
    assert not world.publish(2).is_new


@pytest.mark.parametrize("place", ["log", "pointer"])
@pytest.mark.parametrize("then", [1, 3])
def test_a_release_cut_off_is_removed_where_there_is_something_else_to_say(world, place, then):
    world.publish(1)
    interrupted(world, 2, place)
    world.publish(then)
    assert world.said() == then
    assert len(world.versions()) == (1 if then == 1 else 2)
    assert set(world.versions()) <= set(world.told())


def test_the_first_release_may_be_cut_off(world):
    interrupted(world, 1, "pointer")
    assert read_latest(world.tier) is None
    world.publish(2)
    assert world.said() == 2
    assert len(world.versions()) == 1


class Clock(datetime):
    """Says what it is told to."""

    moment = datetime(2026, 6, 10, 12, tzinfo=UTC)

    @classmethod
    def now(cls, tz=None):
        return cls.moment


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(0), timedelta(days=400)], ids=str)
def test_versions_follow_each_other_though_the_clock_jumps(world, monkeypatch, jump):
    monkeypatch.setattr(store, "datetime", Clock)
    for turn, number in enumerate((1, 2, 1)):
        monkeypatch.setattr(Clock, "moment", datetime(2026, 6, 10, 12, tzinfo=UTC) + (turn > 0) * jump)
        world.publish(number)
        assert world.said() == number
    moments = [version.partition("-")[0] for version in world.told()]
    assert moments == sorted(moments)
    assert len(world.versions()) == 3
    latest = json.loads((world.tier / read_latest(world.tier)["manifest"]).read_text(encoding="utf-8"))
    assert latest["previous"] == world.told()[1]


@pytest.mark.parametrize("releases", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_reader_finds_whole_releases_while_others_are_published(world, releases, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)  # a thousand waits for the disk are not what is tried here
    world.publish(0)
    done, seen = Event(), []

    def read():
        while not done.is_set():
            seen.append(world.said())
        return seen

    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read)
        try:
            for number in range(1, releases + 1):
                world.publish(number)
        finally:
            done.set()
        assert reading.result() == sorted(seen)
    assert world.said() == releases
    assert len(world.versions()) == releases + 1
