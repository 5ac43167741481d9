"""Runs that keep their lake and their releases in an object store too (PASSANT_STORE)."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.audit import AuditLog
from pipelines.object_store import ObjectStore, ObjectStoreError
from pipelines.policies import Rules
from pipelines.publishing.remote import pull_release, version_in
from pipelines.settings import Settings
from pipelines.stages.expire import expire
from pipelines.stages.expiries import ExpiredError
from pipelines.stages.lake_tables import PER_ROAD_USER
from pipelines.stages.withdraw import withdraw
from pipelines.warehouse.connection import Warehouse
from tests import builders

FILM = "pole_2026-06-10_08-14-58.mp4"


@pytest.fixture
def settings(data):
    """A site with one recording, and a store beside it."""
    builders.video(data / "recordings" / "pole" / FILM)
    return Settings(data, store=(data.parent / "store").as_uri())


def run(settings):
    return builders.run_day(builders.site_day(settings))


def of_lake(settings):
    """Names of the lake's files, here and in the store."""
    here = {path.relative_to(settings.lake).as_posix() for path in settings.lake.rglob("*.parquet")}
    return here, {name.removeprefix("lake/") for name in ObjectStore.at(settings.store).names("lake")}


def counts(settings):
    with Warehouse(settings.warehouse).read() as session:
        return session.frame("select_flow_counts", site_id="crossroads", days=[builders.DAY]).drop("revision")


def elsewhere(settings, folder):
    """Another machine with the same sites and store, and nothing else."""
    shutil.copytree(settings.sites, folder / "sites")
    return replace(settings, data=folder)


def test_a_run_keeps_what_it_makes_and_a_second_one_puts_nothing(settings, monkeypatch):
    (report,) = run(settings)["release"]
    here, there = of_lake(settings)
    assert here == there
    assert len(here) > 15
    assert report.figures["objects_put"] > 5
    assert version_in(ObjectStore.at(settings.store), "planner") == report.figures["version"]
    monkeypatch.setattr(ObjectStore, "put", lambda *_: pytest.fail("nothing has changed"))
    (report,) = run(settings)["release"]
    assert report.figures["objects_put"] == 0


def test_a_machine_without_lake_and_recording_counts_the_day_from_the_store(settings, tmp_path):
    run(settings)
    other = elsewhere(settings, tmp_path / "other")
    with pytest.raises(ObjectStoreError, match="neither made nor pulled here"):
        run(other)
    pull_release(ObjectStore.at(settings.store), other.released / "planner")
    outcome = run(other)
    assert all(verdict.is_passed for verdict in outcome["checks"])
    assert counts(other).equals(counts(settings))
    assert AuditLog(other.audit).verify()


def test_what_is_cut_off_on_its_way_to_the_store_goes_with_the_next_run(settings, monkeypatch):
    put, left = ObjectStore.put, iter(range(5))

    def broken(store, name, path):
        if next(left, None) is None:
            raise ObjectStoreError("gone")
        put(store, name, path)

    with monkeypatch.context() as patch, pytest.raises(ObjectStoreError, match="gone"):
        patch.setattr(ObjectStore, "put", broken)
        run(settings)
    assert not [name for name in of_lake(settings)[1] if name.startswith("recordings/")]  # the row goes last
    run(settings)
    here, there = of_lake(settings)
    assert here == there


def test_a_recording_that_is_withdrawn_is_gone_from_the_store_too(settings):
    day = builders.site_day(settings)
    builders.run_day(day)
    (key,) = day._tracked()
    (settings.recordings / "pole" / FILM).unlink()
    withdraw(key.recording_id, "wrong camera", day.folder.site, settings)
    assert of_lake(settings) == (set(), set())


def test_tracks_that_have_expired_are_gone_from_the_store_too_and_stay_so_elsewhere(settings, tmp_path):
    import yaml

    site = settings.sites / "crossroads" / "site.yaml"
    site.write_text(yaml.safe_dump(builders.site_file(is_simulated=False)))
    day = builders.site_day(settings)
    builders.run_day(day)
    later = datetime.now(UTC) + timedelta(days=31)
    expire(day.folder.site, Rules(), settings, AuditLog(settings.audit), now=later)
    here, there = of_lake(settings)
    assert here == there
    assert not {name.split("/")[0] for name in there} & set(PER_ROAD_USER)
    with pytest.raises(ExpiredError):
        builders.site_day(elsewhere(settings, tmp_path / "other"))
