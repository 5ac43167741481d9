import ast
import importlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pytest
from dagster._core.definitions.run_request import InstigatorType

from pipelines.audit import AuditLog
from pipelines.orchestration import __main__ as command
from pipelines.orchestration import assets, jobs, watch
from pipelines.orchestration.dead_runs import PROCESS, fail_dead_runs, process_of
from pipelines.orchestration.definitions import definitions
from pipelines.orchestration.partitions import partition_of, site_and_day, site_days
from pipelines.orchestration.schedules import daily_expiry, daily_release
from pipelines.orchestration.sensors import new_recordings
from pipelines.policies import Rules
from pipelines.settings import Settings
from pipelines.stages.expire import expire
from pipelines.warehouse.connection import WarehouseBusyError
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


def test_what_may_fail_for_a_while_is_tried_again_and_what_is_scarce_is_shared():
    graph = definitions.resolve_asset_graph()
    pools = {key.to_user_string(): graph.get(key).pools for key in graph.get_all_asset_keys()}
    assert {name for name, of in pools.items() if of == {"gpu"}} == {"tracks"}
    assert {name for name, of in pools.items() if of == {"warehouse"}} == {"flow_counts", "release"}
    for name in STREAM:
        policy = getattr(assets, name).op.retry_policy
        assert (policy.max_retries, policy.backoff) == (3, dg.Backoff.EXPONENTIAL), name
    fresh = {n for n in STREAM if assets.__dict__[n].specs_by_key[dg.AssetKey(n)].freshness_policy}
    assert fresh == {"recordings", "flow_counts", "release"}


def test_the_instance_takes_the_rules_of_the_folder(tmp_path, monkeypatch):
    text = Path("dagster.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_monitoring_enabled
        assert instance.run_retries_enabled
        assert (
            not instance.run_retries_retry_on_asset_or_op_failure
            if hasattr(instance, "run_retries_retry_on_asset_or_op_failure")
            else True
        )
        concurrency = instance.get_concurrency_config()
        assert concurrency.pool_config.default_pool_limit == 1
        assert concurrency.run_queue_config.max_concurrent_runs == 4
        ticks = instance.get_tick_retention_settings(InstigatorType.SENSOR)
        assert {status.value: days for status, days in ticks.items()}["SUCCESS"] == 90


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
    names = ("partitions", "metadata", "resources", "assets")
    modules = [importlib.import_module(f"pipelines.orchestration.{name}") for name in names]
    with monkeypatch.context() as patch:
        patch.setenv("PASSANT_DATA", str(data))
        patch.setattr("pipelines.stages.site_day.make_detector", lambda *_: builders.two_walkers())
        patch.setattr("pipelines.orchestration.failures.retries", dg.RetryPolicy(max_retries=3))
        partitions, _, resources, asset_module = [importlib.reload(module) for module in modules]

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
    (failed,) = [c for c in outcome.get_asset_check_evaluations() if not c.passed]
    assert failed.check_name == "coverage"
    assert failed.metadata["observed_s"].value == pytest.approx(4.0)
    assert "release" not in {event.step_key for event in outcome.get_step_success_events()}
    assert not (data / "released" / "planner").exists()


def shown(run, asset):
    made = (event.step_materialization_data.materialization for event in run.get_asset_materialization_events())
    return next(m.metadata for m in made if m.asset_key.to_user_string() == asset)


def test_a_run_shows_numbers_a_plot_and_who_each_line_is_about(orchestration, data):
    builders.video(data / "recordings" / "pole" / "pole_2026-06-10_08-14-58.mp4")
    (data / "recordings" / "pole" / "pole_2026-06-10_09-00-00.mp4").write_bytes(b"no video")
    with dg.DagsterInstance.ephemeral() as instance:
        run = orchestration(instance)
        lines = [entry.user_message for entry in instance.all_logs(run.run_id)]
    assert run.success
    (usable,) = [c for c in run.get_asset_check_evaluations() if c.check_name == "usable"]
    assert (usable.passed, usable.severity, usable.metadata["files_left_out"].value) == (
        False,
        dg.AssetCheckSeverity.WARN,
        1,
    )
    assert shown(run, "tracks")["observed_s"].value == pytest.approx(4.0)
    counts = shown(run, "flow_counts")
    assert "| Gate | 2 | 0.50 h |" in counts["counts"].value
    assert counts["counts_per_quarter_hour"].value.startswith("![Counts per quarter-hour](data:image/png;base64,")
    assert any(line.startswith("crossroads pole pole__20260610T061458Z") and "tracks, " in line for line in lines)


def attempts(run, step):
    return sum(
        event.step_key == step and event.event_type_value in ("STEP_START", "STEP_RESTARTED")
        for event in run.all_events
    )


def test_a_busy_warehouse_is_waited_for(orchestration, data, monkeypatch):
    from pipelines.stages import site_day

    busy, load = [1, 1], site_day.load

    def sometimes(*arguments, **named):
        if busy:
            busy.pop()
            raise WarehouseBusyError("held by another process")
        return load(*arguments, **named)

    monkeypatch.setattr(site_day, "load", sometimes)
    builders.video(data / "recordings" / "pole" / "pole_2026-06-10_08-14-58.mp4")
    with dg.DagsterInstance.ephemeral() as instance:
        run = orchestration(instance)
    assert run.success
    assert attempts(run, "flow_counts") == 3


def test_a_moved_line_is_measured_again_without_looking_at_pixels(orchestration, data, monkeypatch):
    builders.video(data / "recordings" / "pole" / "pole_2026-06-10_08-14-58.mp4")
    lines = data / "sites" / "crossroads" / "lines.geojson"

    def pixels(*_, **__):
        raise AssertionError("pixels were looked at")

    with dg.DagsterInstance.ephemeral() as instance:
        first = orchestration(instance)
        lines.write_text(lines.read_text().replace('"gate"', '"portal"'))
        monkeypatch.setattr("pipelines.stages.track.track_video", pixels)
        monkeypatch.setattr("pipelines.stages.drift.background", pixels)
        second = orchestration(instance)
    assert second.success
    before, after = versions(first), versions(second)
    changed = {asset for asset in STREAM if before[asset] != after[asset]}
    assert changed == {"crossings", "flow_counts", "release"}


def test_an_expired_day_is_refused_at_once_and_says_so(orchestration, data):
    import yaml

    (data / "sites" / "crossroads" / "site.yaml").write_text(yaml.safe_dump(builders.site_file(is_simulated=False)))
    builders.video(data / "recordings" / "pole" / "pole_2026-06-10_08-14-58.mp4")
    settings = Settings(data)
    day = builders.site_day(settings)
    builders.run_day(day)
    now = datetime.now(UTC) + timedelta(days=31)
    expire(day.folder.site, Rules(), settings, AuditLog(settings.audit), now=now)
    released = (data / "released" / "planner" / "latest.json").read_bytes()
    with dg.DagsterInstance.ephemeral() as instance:
        run = orchestration(instance)
    (failure,) = run.get_step_failure_events()
    assert "crossroads 2026-06-10: the tracks of 1 recordings have expired" in str(failure.step_failure_data.error)
    assert attempts(run, "recordings") == 1
    assert (data / "released" / "planner" / "latest.json").read_bytes() == released


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A data folder with the shipped site, for the sensor and the schedule."""
    data = tmp_path / "data"
    (data / "sites").mkdir(parents=True)
    (data / "sites" / "lindenplatz").symlink_to(Path("data/sites/lindenplatz").resolve())
    monkeypatch.setenv("PASSANT_DATA", str(data))
    return data


def sense(*cursors):
    """What the sensor does after looks that have left this cursor; without one, after a first look."""
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, cursor=cursors[0] if cursors else None)
        first = new_recordings(context)
        if cursors:
            return first
        assert not first.run_requests
        return new_recordings(dg.build_sensor_context(instance=instance, cursor=first.cursor))


POLE = "lindenplatz_pole"
BLANK = [np.full((720, 1280, 3), 90, np.uint8)] * 3


def asked(outcome):
    return [str(request.partition_key) for request in outcome.run_requests]


def test_the_sensor_asks_once_for_the_partition_of_a_new_file(shelf):
    folder = shelf / "recordings" / POLE
    builders.video(folder / f"{POLE}_2026-06-10_08-14-00.mp4", BLANK)
    builders.video(folder / f"{POLE}_2026-06-10_23-59-00.mp4", BLANK)
    first = sense()
    assert asked(first) == ["2026-06-10|lindenplatz"]
    assert first.run_requests[0].tags["passant/trigger"] == "new recording"
    assert first.run_requests[0].tags["passant/site"] == "lindenplatz"
    assert not sense(first.cursor).run_requests


def test_the_sensor_waits_for_a_file_that_is_still_written(shelf):
    path = builders.video(shelf / "recordings" / POLE / f"{POLE}_2026-06-10_08-14-00.mp4", BLANK)
    whole = path.read_bytes()
    looks, cursor = [], None
    for share in (0.3, 0.6, 1.0, 1.0, 1.0):
        path.write_bytes(whole[: int(share * len(whole))])
        os.utime(path, (1e9 + share, 1e9 + share))
        outcome = sense(cursor)
        looks.append(asked(outcome))
        cursor = outcome.cursor
    assert looks == [[], [], [], ["2026-06-10|lindenplatz"], []]


def test_the_sensor_notices_a_corrected_start_and_forgets_what_is_gone(shelf):
    path = builders.video(shelf / "recordings" / POLE / f"{POLE}_2026-06-10_08-14-00.mp4", BLANK)
    cursor = sense().cursor
    sidecar = path.with_name(f"{path.name}.start")
    sidecar.write_text("2026-06-12T08:00:00")
    assert asked(sense(sense(cursor).cursor)) == ["2026-06-12|lindenplatz"]
    path.unlink()
    assert json.loads(sense(cursor).cursor) == {"last": {}, "asked": {}}


def test_the_sensor_survives_a_file_that_tells_no_day(shelf):
    folder = shelf / "recordings" / POLE
    folder.mkdir(parents=True)
    (folder / "broken.mp4").write_bytes(b"nothing")
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
    assert requests[0].tags["passant/trigger"] == "schedule"


def test_keeping_no_longer_than_promised_is_not_left_to_be_switched_on():
    assert daily_expiry.default_status == dg.DefaultScheduleStatus.RUNNING


def test_the_expiry_job_asks_every_site(shelf):
    with dg.DagsterInstance.ephemeral() as instance:
        assert jobs.expire_restricted_data.execute_in_process(instance=instance).success


def test_old_runs_go_but_the_last_success_of_a_partition_stays(monkeypatch):
    monkeypatch.setattr(jobs, "_RUNS_KEPT", timedelta(days=-1))
    with dg.DagsterInstance.ephemeral() as instance:
        runs = [
            instance.create_run_for_job(definitions.resolve_job_def("tidy_runs"), tags=tags, status=status)
            for tags, status in (
                ({"dagster/partition": "a"}, dg.DagsterRunStatus.SUCCESS),
                ({"dagster/partition": "a"}, dg.DagsterRunStatus.SUCCESS),
                ({"dagster/partition": "a"}, dg.DagsterRunStatus.FAILURE),
                ({}, dg.DagsterRunStatus.SUCCESS),
                ({}, dg.DagsterRunStatus.STARTED),
            )
        ]
        done = jobs.tidy_runs.execute_in_process(instance=instance)
        left = {run.run_id for run in instance.get_runs()}
    assert left == {runs[1].run_id, runs[4].run_id, done.run_id}


def test_the_watch_writes_metrics_and_posts_what_is_new(shelf, monkeypatch):
    posted = []
    monkeypatch.setattr("pipelines.alarms.post", lambda _url, message, _sleep: posted.append(message) or True)
    monkeypatch.setenv("PASSANT_WEBHOOK", "http://127.0.0.1/")
    monkeypatch.setattr(watch, "_failed", lambda *_: {"2026-06-10|lindenplatz": "0a1b2c3d"})
    with dg.DagsterInstance.ephemeral() as instance:
        first = watch.watch(dg.build_sensor_context(instance=instance))
        second = watch.watch(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    assert [message["alarm"] for message in posted if message["alarm"] != "disk-full"] == ["run-failed"]
    assert second.cursor == first.cursor
    assert 'passant_camera_recordings{site="lindenplatz"' in (shelf / "var/metrics/passant.prom").read_text()


def test_a_backfill_runs_the_days_of_which_there_is_anything(shelf):
    folder = shelf / "recordings" / POLE
    for day in ("2026-06-10", "2026-06-13", "2026-07-01"):
        builders.video(folder / f"{POLE}_{day}_08-14-00.mp4", BLANK)
    first, last = (datetime(2026, 6, n).date() for n in (1, 30))
    assert [day.isoformat() for day in command._wanted("lindenplatz", first, last)] == ["2026-06-10", "2026-06-13"]
    with pytest.raises(SystemExit, match="PASSANT_FIRST_DAY"):
        list(command._wanted("lindenplatz", first.replace(year=2020), last))
