"""Recordings tracked side by side; what needs Ray itself is in test_ray_cluster.py."""

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.lake import Lake
from pipelines.settings import Fanout, Settings, SettingsError
from pipelines.stages import fanout
from pipelines.stages.fanout import FanoutError, track_side_by_side
from pipelines.stages.track import REPORTS, TABLE
from tests import builders

NAMES = [f"pole_2026-06-10_08-{minute}-58.mp4" for minute in ("14", "20")]


def taken_in(data, folder=None, asked=None):
    """A day with two small recordings of one camera, ingested."""
    for name in NAMES:
        builders.video(data / "recordings" / "pole" / name)
    day = builders.site_day(Settings(folder or data, fanout=asked or Fanout("auto")))
    day.ingest()
    return day, list(day._taken_in())


def two_walkers(*_):
    return builders.two_walkers()


def jobs_of(day, recordings):
    settings = fanout._on_every_node(day.settings, day.settings.fanout)
    return [fanout._job(day.folder, recording, settings, None, two_walkers) for recording in recordings]


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, None),
        ({"PASSANT_RAY": "auto"}, Fanout("auto", 1, 0.0)),
        ({"PASSANT_RAY": "10.0.0.1:6379", "PASSANT_RAY_CPUS": "2", "PASSANT_RAY_GPUS": "0.25"},
         Fanout("10.0.0.1:6379", 2, 0.25)),
    ],
    ids=["here", "defaults", "all given"],
)  # fmt: skip
def test_the_environment_says_where_recordings_are_tracked(monkeypatch, variables, asked):
    for name in ("PASSANT_RAY", "PASSANT_RAY_CPUS", "PASSANT_RAY_GPUS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Settings.from_environment().fanout == asked


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PASSANT_RAY", "ray://head:10001", "is no address"),
        ("PASSANT_RAY", "head", "'head' is no address"),
        ("PASSANT_RAY_CPUS", "0", "0 are too few"),
        ("PASSANT_RAY_CPUS", "many", "'many' is no whole number"),
        ("PASSANT_RAY_CPUS", "0.5", "'0.5' is no whole number"),
        ("PASSANT_RAY_GPUS", "1.5", "1.5 cannot be had"),
        ("PASSANT_RAY_GPUS", "-1", "-1 cannot be had"),
        ("PASSANT_RAY_GPUS", "nan", "nan cannot be had"),
    ],
)
def test_what_cannot_be_given_is_refused(monkeypatch, name, value, says):
    monkeypatch.setenv("PASSANT_RAY", "auto")
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name}: .*{says}"):
        Settings.from_environment()


def test_without_the_extra_nothing_is_written_and_the_way_out_is_named(data, monkeypatch):
    day, _ = taken_in(data)
    monkeypatch.setattr(fanout, "find_spec", lambda _: None)
    with pytest.raises(FanoutError, match=r"ray is not installed. Install passant\[ray\]"):
        track_side_by_side(day.folder, list(day._taken_in()), day.settings, builders.silence, make=two_walkers)
    assert day.lake.keys(TABLE, builders.DAY, "pole") == []


def test_only_what_is_not_tracked_yet_is_sent(data, monkeypatch):
    day, recordings = taken_in(data)
    sent = []

    def track_here(_fanout, jobs, _progress):
        sent.append([job.recording.path.name for job in jobs])
        return {job.recording.key: fanout._track(job) for job in jobs}

    monkeypatch.setattr(fanout, "_track_on", track_here)
    for known in (recordings[:1], recordings, recordings):
        reports = track_side_by_side(day.folder, known, day.settings, builders.silence, make=two_walkers)
    assert sent == [NAMES[:1], NAMES[1:]]
    assert all(report.is_reused for report in reports)
    assert [report.path.stem for report in reports] == [recording.key.recording_id for recording in recordings]


@pytest.mark.parametrize(("gpus", "device"), [(0.0, "cpu"), (0.5, "cuda")])
def test_what_is_sent_means_the_same_on_every_node(data, monkeypatch, gpus, device):
    monkeypatch.chdir(data.parent)
    day, recordings = taken_in(data, Path("data"), Fanout("auto", 1, gpus))
    (job,) = jobs_of(day, recordings[:1])
    assert job.settings.device == device
    assert all(path.is_absolute() for path in (job.folder.path, job.recording.path, job.settings.data))


def test_a_node_with_other_code_refuses(data, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    day, recordings = taken_in(data)
    (job,) = jobs_of(day, recordings[:1])
    with pytest.raises(FanoutError, match="Install the same Passant"):
        fanout._track_here(replace(job, inputs="of elsewhere"), 1)
    assert not Lake.of(job.settings).has(REPORTS, recordings[0].key)


def test_frames_of_a_recording_begun_again_are_not_counted_twice(data, monkeypatch):
    monkeypatch.setattr(fanout, "_POLL_S", 0.0)
    day, recordings = taken_in(data)
    first, second = jobs_of(day, recordings)
    with fanout._tallies([first, second]):
        for job, frames in ((first, 40), (second, 8), (first, 16)):
            fanout._telling(job)(frames)
        assert [fanout._told(job) for job in (first, second)] == [16, 8]


def test_the_last_frame_is_told_at_once_and_others_now_and_then(data):
    day, recordings = taken_in(data)
    (job,) = jobs_of(day, recordings[:1])
    with fanout._tallies([job]):
        tell, told = fanout._telling(job), []
        for frames in (8, 16, job.recording.probe.packets):
            tell(frames)
            told.append(fanout._told(job))
    assert told == [8, 8, 40]


def test_a_run_leaves_no_tally_behind_though_its_node_goes_on(data):
    day, recordings = taken_in(data)
    (job,) = jobs_of(day, recordings[:1])
    with pytest.raises(KeyboardInterrupt), fanout._tallies([job]):
        raise KeyboardInterrupt
    fanout._telling(job)(8)
    assert list(day.settings.progress.iterdir()) == []
    assert fanout._told(job) == 0


def nodes(*resources, alive=True):
    return [{"Alive": alive, "Resources": one} for one in resources]


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (Fanout("auto", 2), nodes({"CPU": 1.0}, {"CPU": 1.0})),
        (Fanout("auto", 1, 0.5), nodes({"CPU": 4.0}, {"GPU": 1.0})),
        (Fanout("auto", 1), nodes({"CPU": 1.0}, alive=False)),
    ],
    ids=["too few cores on any", "cores and GPU apart", "dead"],
)
def test_what_no_node_offers_is_refused_rather_than_waited_for(asked, there):
    with pytest.raises(FanoutError, match="no node offers"):
        fanout._refuse_too_small(there, asked)
    fanout._refuse_too_small(nodes({"CPU": 2.0, "GPU": 1.0}), asked)


def test_a_day_goes_through_the_cluster_where_one_is_named(data, monkeypatch):
    day, _ = taken_in(data)
    shown = []

    @contextmanager
    def show(title, total):
        shown.append((title, total))
        yield lambda _: None

    def track_here(_fanout, jobs, show_progress):
        with show_progress("all", sum(job.recording.probe.packets for job in jobs)):
            return {job.recording.key: fanout._track(job) for job in jobs}

    monkeypatch.setattr(fanout, "_track_on", track_here)
    monkeypatch.setattr("pipelines.stages.site_day.make_detector", two_walkers)
    reports = day.track(show)
    assert shown == [("all", 80)]
    assert [report.rows for report in reports] == [80, 80]
    assert all(report.recording_id for report in reports)
