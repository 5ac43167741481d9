"""Metrics as Prometheus reads them, and alarms posted to a webhook on loopback: begun once, over once, never lost."""

import json
import re
import threading
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from pipelines import alarms as module
from pipelines.alarms import Alarm, alarms, notify
from pipelines.metrics import Metric, metrics, write_metrics
from pipelines.policies import Rules
from pipelines.settings import Settings
from pipelines.stages.status import site_status
from tests import builders

NOW = datetime(2026, 6, 11, 12, tzinfo=UTC)
LINE = re.compile(r'[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? -?[0-9.e+-]+')
Disk = namedtuple("Disk", "total used free")


@pytest.fixture(autouse=True)
def half_empty_disk(monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Disk(100e9, 50e9, 50e9))
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def webhook():
    """A server on loopback that keeps what it is posted, and refuses as often as it is told to."""
    posted, refusals = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if refusals:
                refusals.pop()
                self.send_response(503)
            else:
                posted.append(message)
                self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", posted, refusals
        server.shutdown()
        thread.join()


STALE = Alarm("camera-stale", "harbour/quay", "No new recording: none yet.")


def quiet(_wait_s):
    pass


def test_an_alarm_is_posted_when_it_begins_and_when_it_is_over(webhook):
    url, posted, _ = webhook
    told = notify([STALE], {}, url)
    assert notify([STALE], told, url) == told
    assert notify([], told, url) == {}
    assert [(m["status"], m["alarm"], m["subject"]) for m in posted] == [
        ("firing", "camera-stale", "harbour/quay"),
        ("resolved", "camera-stale", "harbour/quay"),
    ]
    assert posted[0]["text"] == "camera-stale harbour/quay. No new recording: none yet."
    assert posted[0]["runbook"] == "docs/runbook.md#camera-stale"


def test_a_refused_post_is_tried_again(webhook):
    url, posted, refusals = webhook
    refusals += [1, 1]
    assert notify([STALE], {}, url, sleep=quiet) == {STALE.key: STALE.says}
    assert len(posted) == 1


def test_what_does_not_get_through_is_posted_the_next_time(webhook):
    url, posted, refusals = webhook
    refusals += [1, 1, 1]
    told = notify([STALE], {}, url, sleep=quiet)
    assert told == {}
    assert posted == []
    assert notify([STALE], told, url) == {STALE.key: STALE.says}


def test_an_absent_webhook_raises_nothing():
    assert notify([STALE], {}, "http://127.0.0.1:9/", sleep=quiet) == {}


def look(data, now=NOW, **site):
    settings = Settings(data)
    (data / "sites" / "crossroads" / "site.yaml").write_text(yaml.safe_dump(builders.site_file(**site)))
    folder = builders.site_day(settings).folder
    return {"crossroads": site_status(folder.site, Rules(), settings, now)}


def of_name(found):
    return {alarm.name: alarm for alarm in found}


def test_a_camera_without_recordings_is_overdue_unless_it_is_simulated(data):
    assert not list(alarms(look(data), {}, data))
    found = of_name(alarms(look(data, is_simulated=False), {}, data))
    assert found["camera-stale"].subject == "crossroads/pole"


def test_status_alarms_and_metrics_of_a_counted_day(data, monkeypatch):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    sites = look(data, is_simulated=False)
    (camera,) = sites["crossroads"].cameras
    assert (camera.recordings, camera.crossings, camera.is_stale) == (1, 4, False)
    assert camera.coverage == pytest.approx(4 / 86400)
    assert camera.last_end_utc == builders.START + timedelta(seconds=4)
    assert not list(alarms(sites, {}, data))
    later = look(data, now=NOW + timedelta(days=1), is_simulated=False)
    assert "the last ends at 2026-06-10 06:15 UTC" in of_name(alarms(later, {}, data))["camera-stale"].says

    monkeypatch.setattr("pipelines.stages.check.LEAST_OBSERVED_SHARE", 2.0)
    builders.site_day(settings).check()
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Disk(100e9, 99e9, 1e9))
    held = look(data, is_simulated=False)
    found = of_name(alarms(held, {"2026-06-10|crossroads": "0a1b2c3d"}, data))
    assert sorted(found) == ["check-failed", "disk-full", "run-failed"]
    assert "coverage" in found["check-failed"].says

    path = data / "var" / "metrics" / "passant.prom"
    write_metrics(metrics(held, {"failure": 1}, data, NOW), path)
    text = path.read_text()
    assert all(LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("#"))
    assert 'passant_camera_crossings{site="crossroads",camera="pole"} 4.0' in text
    assert 'passant_site_days_held{site="crossroads"} 1.0' in text
    assert 'passant_runs{status="failure"} 1.0' in text
    assert [entry.name for entry in path.parent.iterdir()] == ["passant.prom"]


def test_labels_are_escaped():
    lines = list(Metric("m", "What.", (({"site": 'a"b\\c\nd'}, 1.0),)).lines())
    assert lines[-1] == r'm{site="a\"b\\c\nd"} 1.0'


def test_every_alarm_is_in_the_runbook():
    names = set(re.findall(r'Alarm\("([a-z-]+)"', Path(module.__file__).read_text(encoding="utf-8")))
    headings = set(re.findall(r"^### ([a-z-]+)$", Path("docs/runbook.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert names == headings
