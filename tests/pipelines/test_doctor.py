"""`passant doctor` on a sound installation, and with one thing wrong at a time."""

import os
import shutil
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml

from pipelines import doctor
from pipelines.audit import AuditLog
from pipelines.settings import Settings
from tests import builders

NOW = datetime(2026, 6, 11, 12, tzinfo=UTC)
Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def settings(data, monkeypatch):
    """The small site with weights that load at once."""

    class Loads:
        name = "small.pt at 640 px, fp32, cpu"
        road_users = builders.two_walkers().road_users

        def load(self):
            pass

    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setattr(doctor, "make_detector", lambda *_: Loads())
    settings = Settings(data)
    written(builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4"), NOW)
    return settings


def written(path, when):
    os.utime(path, (when.timestamp(), when.timestamp()))
    return path


def findings(settings, state=None):
    found = list(doctor.examine(settings, NOW))
    return {f.about: f.says for f in found if f.state == state} if state else found


def test_a_sound_installation_is_all_right(settings):
    found = findings(settings)
    assert {f.about for f in found} == {
        "disk",
        "dagster",
        "audit",
        "site",
        "weights",
        "calibration",
        "clocks",
        "retention",
    }
    assert {f.state for f in found if f.about != "disk"} == {"ok"}


def test_the_store_is_looked_at_where_one_is_named(settings, tmp_path):
    nobody = "s3://key:secret@bucket/city?endpoint_override=127.0.0.1:9&scheme=http&region=eu-central-1"
    urls = (tmp_path / "store").as_uri(), "ftp://host/folder", nobody
    there, unknown, silent = (finding for url in urls for finding in doctor._store(replace(settings, store=url)))
    assert (there.state, unknown.state, silent.state) == ("ok", "fail", "fail")
    assert "no release yet" in there.says
    assert "s3://bucket" in unknown.says
    assert "check PASSANT_STORE" in silent.says
    assert "secret" not in silent.says


def to_come(settings):
    builders.video(settings.recordings / "pole" / "pole_2026-06-12_08-00-00.mp4", builders.images(3))


def before_it_was(settings):
    path = builders.video(settings.recordings / "pole" / "pole_2026-06-11_08-00-00.mp4", builders.images(3))
    written(path, datetime(2026, 6, 11, 2, tzinfo=UTC))


def without_time(settings):
    builders.video(settings.recordings / "pole" / "pole_2026-10-25_02-30-00.mp4", builders.images(3))


def malformed(settings):
    (settings.sites / "crossroads" / "site.yaml").write_text("site_id: [")


def shared_camera(settings):
    builders.write_site(settings.sites / "market", builders.site_documents(site_id="market"))


def uncalibrated(settings):
    described = builders.site_file(crs=None, origin=None)
    described["cameras"][0]["calibration"] = None
    shutil.rmtree(settings.sites / "crossroads")
    builders.write_site(settings.sites / "crossroads", {"site.yaml": yaml.safe_dump(described)})


def policy(settings):
    settings.policy.parent.mkdir()
    settings.policy.write_text("recordings_h: 3")


def broken_log(settings):
    log = AuditLog(settings.audit)
    log.append("ingest")
    log.path.write_bytes(log.path.read_bytes().replace(b"ingest", b"digest"))


def log_of_tomorrow(settings):
    AuditLog(settings.audit).append("ingest")


WRONG = {
    "a recording to come": (to_come, "fail", "clocks", "to come -> set the camera's clock"),
    "written before it starts": (before_it_was, "fail", "clocks", "but was written at 2026-06-11 02:00 ->"),
    "a start that happens twice": (without_time, "warn", "clocks", "happens twice"),
    "a malformed site": (malformed, "fail", "site", "site.yaml"),
    "a camera of two sites": (shared_camera, "fail", "site", "pole is a camera of crossroads and of market ->"),
    "no calibration": (uncalibrated, "warn", "calibration", "survey six control points"),
    "a wrong policy": (policy, "fail", "retention", "operations.yaml"),
    "a broken log": (broken_log, "fail", "audit", "line 1 does not follow"),
    "a clock that was set back": (log_of_tomorrow, "fail", "audit", "set this machine's clock"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_mend(settings, case):
    break_it, state, about, says = WRONG[case]
    break_it(settings)
    assert says in findings(settings, state)[about]


@pytest.mark.parametrize(("free", "state"), [(500, "ok"), (50, "warn"), (10, "fail")])
def test_disk_space(settings, monkeypatch, free, state):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Disk(1000, 1000 - free, free))
    assert "disk" in findings(settings, state)


def test_dagster_home(settings, monkeypatch, tmp_path):
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "nowhere"))
    assert "make it, or unset" in findings(settings, "fail")["dagster"]
    (tmp_path / "nowhere").mkdir()
    assert "copy Passant's there" in findings(settings, "fail")["dagster"]
    shutil.copy("dagster.yaml", tmp_path / "nowhere")
    assert "dagster" in findings(settings, "ok")


def test_a_site_without_weights(data):
    assert "Give --weights, or name a .pt file there" in findings(Settings(data), "fail")["weights"]


def test_what_is_due_is_said(settings, monkeypatch):
    site = settings.sites / "crossroads" / "site.yaml"
    site.write_text(yaml.safe_dump(builders.site_file(is_simulated=False)))
    builders.run_day(builders.site_day(settings))
    log = settings.audit.read_text()
    monkeypatch.setattr("pipelines.stages.expire._tracked_utc", lambda _: {})
    for path in settings.lake.glob("tracks/*/*/*.parquet"):
        written(path, datetime(2026, 6, 1, tzinfo=UTC))
    assert "are due since 2026-06-04 00:00 UTC -> run `passant expire`" in findings(settings, "warn")["retention"]
    assert settings.audit.read_text() == log
