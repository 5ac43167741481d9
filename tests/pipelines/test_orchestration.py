import ast
import importlib
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from pipelines.orchestration import assets
from pipelines.orchestration.dead_runs import PROCESS, fail_dead_runs, process_of
from pipelines.orchestration.definitions import definitions
from pipelines.orchestration.partitions import partition_of, site_and_day, site_days
from pipelines.orchestration.schedules import daily_release
from pipelines.orchestration.sensors import new_recordings
from tests import builders

STREAM = ["recordings", "tracks", "camera_drift", "trajectories", "crossings", "flow_counts", "release"]


def test_the_assets_are_those_of_the_stream():
    graph = definitions.resolve_asset_graph()
    assert [key.to_user_string() for key in graph.toposorted_asset_keys] == STREAM
    for key in graph.get_all_asset_keys():
        partitions = graph.get(key).partitions_def
        assert sorted(partitions.partition_dimension_names) == ["day", "site"], key


def test_the_checks_block():
    checks = {spec.name: spec.blocking for spec in assets.flow_counts.check_specs}
    assert checks == {"contract": True, "non_negative": True, "coverage": True, "conservation": True}


def test_a_partition_key_round_trips():
    assert site_and_day(str(partition_of("lindenplatz", builders.DAY))) == ("lindenplatz", builders.DAY)
    assert isinstance(site_days, dg.MultiPartitionsDefinition)


def test_asset_bodies_are_thin():
    tree = ast.parse(Path(assets.__file__).read_text(encoding="utf-8"))
    bodies = {f.name: f.body for f in tree.body if isinstance(f, ast.FunctionDef)}
    assert sorted(bodies) == sorted(STREAM)
    assert all(len(body) <= 5 for body in bodies.values())


def test_definitions_load_without_a_model_and_write_nothing():
    code = (
        "import sys, pipelines.orchestration.definitions\n"
        "assert not {'torch', 'ultralytics', 'supervision'} & set(sys.modules)"
    )
    before = set(os.listdir("."))
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    assert set(os.listdir(".")) == before


@pytest.fixture
def orchestration(data, monkeypatch):
    """Assets of a data folder with the small test site, with recorded boxes in place of a model.

    Partitions follow from the sites there are when the module is loaded, so it is loaded anew.
    """
    names = ("partitions", "resources", "assets")
    modules = [importlib.import_module(f"pipelines.orchestration.{name}") for name in names]
    with monkeypatch.context() as patch:
        patch.setenv("PASSANT_DATA", str(data))
        patch.setattr("pipelines.stages.site_day.make_detector", lambda *_: builders.two_walkers())
        partitions, resources, asset_module = (importlib.reload(module) for module in modules)

        def materialize(instance):
            return dg.materialize(
                dg.load_assets_from_modules([asset_module]),
                partition_key=partitions.partition_of("crossroads", builders.DAY),
                resources={"site_day": resources.SiteDays()},
                instance=instance,
                raise_on_error=False,
            )

        yield materialize
    for module in modules:
        importlib.reload(module)


def versions(run):
    made = (event.step_materialization_data.materialization for event in run.get_asset_materialization_events())
    return {m.asset_key.to_user_string(): m.tags["dagster/data_version"] for m in made}


def test_the_job_counts_a_day_and_a_second_run_changes_nothing(orchestration, data):
    builders.video(data / "recordings" / "pole" / "pole_2026-06-10_08-14-58.mp4")
    latest = data / "released" / "planner" / "latest.json"
    with dg.DagsterInstance.ephemeral() as instance:
        first = orchestration(instance)
        content = latest.read_bytes()
        second = orchestration(instance)
    assert first.success
    assert second.success
    assert latest.read_bytes() == content
    assert sorted(versions(first)) == sorted(STREAM)
    assert versions(first) == versions(second)


def test_a_failed_check_stops_the_release(orchestration, data, monkeypatch):
    builders.video(data / "recordings" / "pole" / "pole_2026-06-10_08-14-58.mp4")
    monkeypatch.setattr("pipelines.stages.check.LEAST_OBSERVED_SHARE", 2.0)
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = orchestration(instance)
    assert [c.check_name for c in outcome.get_asset_check_evaluations() if not c.passed] == ["coverage"]
    assert "release" not in {event.step_key for event in outcome.get_step_success_events()}
    assert not (data / "released" / "planner").exists()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A data folder with the shipped site, for the sensor and the schedule."""
    data = tmp_path / "data"
    (data / "sites").mkdir(parents=True)
    (data / "sites" / "lindenplatz").symlink_to(Path("data/sites/lindenplatz").resolve())
    monkeypatch.setenv("PASSANT_DATA", str(data))
    return data


def settled(path):
    then = time.time() - 60
    os.utime(path, (then, then))
    return path


def sense(cursor=None):
    with dg.DagsterInstance.ephemeral() as instance:
        return new_recordings(dg.build_sensor_context(instance=instance, cursor=cursor))


def test_the_sensor_asks_once_for_the_partition_of_a_new_file(shelf):
    frame = [np.full((720, 1280, 3), 90, np.uint8)] * 3
    folder = shelf / "recordings" / "lindenplatz_pole"
    settled(builders.video(folder / "lindenplatz_pole_2026-06-10_08-14-00.mp4", frame))
    settled(builders.video(folder / "lindenplatz_pole_2026-06-10_23-59-00.mp4", frame))
    first = sense()
    assert [str(r.partition_key) for r in first.run_requests] == ["2026-06-10|lindenplatz"]
    assert not sense(first.cursor).run_requests
    settled(builders.video(folder / "lindenplatz_pole_2026-06-11_00-01-00.mp4", frame))
    assert [str(r.partition_key) for r in sense(first.cursor).run_requests] == ["2026-06-11|lindenplatz"]


def test_the_sensor_waits_for_a_file_that_is_still_written(shelf):
    builders.video(
        shelf / "recordings" / "lindenplatz_pole" / "lindenplatz_pole_2026-06-10_08-14-00.mp4",
        [np.full((720, 1280, 3), 90, np.uint8)] * 3,
    )
    assert not sense().run_requests


def test_the_sensor_survives_a_file_that_cannot_be_used(shelf):
    folder = shelf / "recordings" / "lindenplatz_pole"
    folder.mkdir(parents=True)
    (folder / "broken.mp4").write_bytes(b"nothing")
    settled(folder / "broken.mp4")
    outcome = sense()
    assert not outcome.run_requests
    assert "broken.mp4" in outcome.cursor


def test_a_killed_run_lets_go_of_its_pool(tmp_path):
    """Two runs hold a pool of one each; the process of the first is gone, that of the second is this one."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    processes = {"gone": process_of(gone.pid), "here": process_of(os.getpid())}
    gone.wait()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        storage, runs = instance.event_log_storage, {}
        for pool, process in processes.items():
            storage.set_concurrency_slots(pool, 1)
            runs[pool] = instance.create_run_for_job(a_job, tags={PROCESS: process}, status=dg.DagsterRunStatus.STARTED)
            assert storage.claim_concurrency_slot(pool, runs[pool].run_id, "step").is_claimed
        assert fail_dead_runs(instance) == [runs["gone"].run_id]
        assert [storage.claim_concurrency_slot(p, "next", "step").is_claimed for p in processes] == [True, False]
        assert instance.get_run_by_id(runs["gone"].run_id).status == dg.DagsterRunStatus.FAILURE
        assert fail_dead_runs(instance) == []


@dg.job
def a_job():
    pass


def test_the_schedule_asks_for_every_sites_yesterday(shelf):
    at = datetime.fromisoformat("2026-06-11T04:30:00+00:00")
    with dg.DagsterInstance.ephemeral() as instance:
        requests = list(daily_release(dg.build_schedule_context(instance=instance, scheduled_execution_time=at)))
    assert [str(r.partition_key) for r in requests] == [f"{at.date() - timedelta(days=1)}|lindenplatz"]
