"""Recordings tracked on a cluster of several nodes on this machine, of which one is killed."""

import json
import time
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec

import pytest

from detectors.video import RecordingError
from pipelines.audit import AuditLog
from pipelines.settings import Fanout, Settings
from pipelines.stages.fanout import FanoutError, track_side_by_side
from pipelines.stages.track import TABLE
from tests import builders, ray_nodes
from tests.benchmarks.fanout import recorded

# Not by importing it: it reads what it is told by the environment when it is first imported.
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not find_spec("ray"), reason="the extra ray is not installed")]

NAMES = [f"pole_2026-06-10_08-{minute}-58.mp4" for minute in ("14", "20")]


@pytest.fixture(scope="module")
def cluster():
    """Three nodes of one core; their address and themselves."""
    with ray_nodes.cluster([1, 1, 1]) as made:
        yield made


def taken_in(folder, fanout, names=NAMES):
    builders.write_site(folder / "sites" / "crossroads")
    for name in names:
        builders.video(folder / "recordings" / "pole" / name)
    day = builders.site_day(Settings(folder, fanout=fanout))
    day.ingest()
    return day, list(day._taken_in())


def files(day):
    return {path.name: path.read_bytes() for path in day.lake.root.glob(f"{TABLE}/**/*") if path.is_file()}


@pytest.fixture(scope="module")
def in_one_process(tmp_path_factory):
    """The tracks of the recordings, followed here one after another."""
    day, _ = taken_in(tmp_path_factory.mktemp("one") / "data", None)
    builders.run_day(day)
    return files(day)


def test_what_a_node_meets_is_raised_as_it_is(cluster, tmp_path):
    day, recordings = taken_in(tmp_path / "data", Fanout(cluster[0]))
    with pytest.raises(RecordingError, match="^film.mp4: zero video frames"):
        track_side_by_side(day.folder, recordings, day.settings, builders.silence, make=ray_nodes.Blind.make)
    assert files(day) == {}


def test_what_no_node_offers_is_refused(cluster, tmp_path):
    day, recordings = taken_in(tmp_path / "data", Fanout(cluster[0], cpus=2))
    with pytest.raises(FanoutError, match="no node offers 2 cores"):
        track_side_by_side(day.folder, recordings, day.settings, builders.silence, make=ray_nodes.SlowWalkers.make)


def test_a_cluster_that_is_not_there_is_named(tmp_path):
    day, recordings = taken_in(tmp_path / "data", Fanout("127.0.0.1:9"))
    with pytest.raises(FanoutError, match="no Ray cluster answers at '127.0.0.1:9'"):
        track_side_by_side(day.folder, recordings, day.settings, builders.silence, make=ray_nodes.SlowWalkers.make)


@pytest.mark.parametrize(("asked", "device"), [(None, "cuda"), ("cpu", "cpu")], ids=["of itself", "PASSANT_DEVICE"])
def test_two_recordings_share_an_accelerator_and_a_third_waits(tmp_path, asked, device):
    with ray_nodes.cluster([4], gpus=1) as (address, _):
        day, recordings = taken_in(
            tmp_path / "data", Fanout(address, gpus=0.5), [*NAMES, "pole_2026-06-10_08-26-58.mp4"]
        )
        begun = day.settings.data / "begun"
        begun.mkdir()
        settings = replace(day.settings, device=asked)
        track_side_by_side(day.folder, recordings, settings, builders.silence, make=ray_nodes.OnAShare.make)
    looks = [json.loads(path.read_text()) for path in begun.glob("*.json")]
    at_once = [sum(other["began_ns"] <= look["began_ns"] < other["ended_ns"] for other in looks) for look in looks]
    assert len(looks) % 3 == 0
    assert max(at_once) == 2
    assert {(look["device"], look["visible"]) for look in looks} == {(device, "0")}


def test_what_the_shipped_model_finds_on_nodes_it_finds_in_one_process(cluster, tmp_path):
    alone, spread = (recorded(tmp_path / name, pieces=2, frames=24) for name in ("alone", "spread"))
    spread = replace(spread, settings=replace(spread.settings, fanout=Fanout(cluster[0])))
    for day in (alone, spread):
        reports = day.track(builders.silence)
        assert [report.is_reused for report in reports] == [False, False]
        assert all(report.rows > 50 for report in reports)
    assert files(spread) == files(alone)


def test_a_node_killed_in_mid_run_loses_nothing_and_doubles_nothing(cluster, tmp_path, in_one_process, capsys):
    address, nodes = cluster
    day, recordings = taken_in(tmp_path / "data", Fanout(address))
    begun = day.settings.data / "begun"
    begun.mkdir()
    killed_ns, shown = [], []

    @contextmanager
    def show(_title, total):
        def kill_one(done):
            assert done <= total
            shown.append(done)
            if len(list(begun.iterdir())) == len(recordings) and not killed_ns:
                killed_ns.append(time.time_ns())
                ray_nodes.kill(next(node for node in nodes if ray_nodes.is_busy(node)))

        yield kill_one

    reports = track_side_by_side(day.folder, recordings, day.settings, show, make=ray_nodes.SlowWalkers.make)

    assert any(0 < done < 80 for done in shown)
    assert list(day.settings.progress.iterdir()) == []
    begun_ns = sorted(int(path.name) for path in begun.iterdir())
    assert len(begun_ns) == len(recordings) + 1
    with capsys.disabled():
        print(f"\nkilled recording begun again after {(begun_ns[-1] - killed_ns[0]) / 1e9:.1f} s")
    assert files(day) == in_one_process
    assert [report.rows for report in reports] == [80, 80]
    audit = AuditLog(day.settings.audit)
    assert audit.verify()
    told = [entry["recording"] for entry in audit.entries() if entry["action"] == "track"]
    assert sorted(told) == sorted(recording.key.recording_id for recording in recordings)
