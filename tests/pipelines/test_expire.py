"""What the policy no longer keeps is gone, found before and not after; counts stay, and the day is closed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.tracks import Tracks
from pipelines.audit import AuditLog
from pipelines.policies import PolicyError, Rules, read_policy
from pipelines.settings import Settings
from pipelines.sites import load_site
from pipelines.stages.expire import expire
from pipelines.stages.expiries import ExpiredError, Expiries
from pipelines.warehouse.connection import Warehouse
from tests import builders

RULES = Rules()


@pytest.fixture
def real(data):
    """The small site, not simulated, counted once."""
    import yaml

    site = data / "sites" / "crossroads" / "site.yaml"
    site.write_text(yaml.safe_dump(builders.site_file(is_simulated=False)))
    settings = Settings(data)
    path = builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    path.with_name(f"{path.name}.start").write_text("2026-06-10T08:14:58")
    builders.run_day(builders.site_day(settings))
    return settings


def after(**time):
    return datetime.now(UTC) + timedelta(**time)


def delete(settings, now, **options):
    site = load_site(settings.sites / "crossroads").site
    return expire(site, RULES, settings, AuditLog(settings.audit), now=now, **options)


def counts(settings):
    with Warehouse(settings.warehouse).read() as session:
        return session.frame("select_flow_counts", site_id="crossroads", days=[builders.DAY])


def holding(settings, needle):
    """Files under data that hold these bytes."""
    return [p for p in settings.data.rglob("*") if p.is_file() and needle in p.read_bytes()]


def test_nothing_goes_before_its_time(real):
    report = delete(real, after(hours=71))
    assert report.rows == 0
    assert len(list(real.recordings.rglob("*"))) == 3


def test_recordings_go_first_then_tracks_and_counts_stay(real):
    day, before = builders.site_day(real), counts(real)
    (key,) = day.lake.keys("tracks", builders.DAY, "pole")
    film = next((real.recordings / "pole").glob("*.mp4")).read_bytes()[2000:2400]
    assert len(holding(real, film)) == 1
    assert day.lake.open(Tracks, "tracks", key).height > 0

    first = delete(real, after(hours=73))
    assert (first.figures["recordings"], first.figures["tracks"]) == (1, 0)
    assert holding(real, film) == []
    assert os.listdir(real.recordings / "pole") == []
    outcome = builders.run_day(builders.site_day(real))  # the day can still be measured from its tracks
    assert outcome["recordings"] == []
    assert counts(real).equals(before)

    second = delete(real, after(days=31))
    assert (second.figures["recordings"], second.figures["tracks"]) == (0, 1)
    left = {path.parent.parent.parent.name for path in real.lake.rglob("*.parquet")}
    assert left == {"recordings", "tracking_reports", "camera_drift", "landmarks", "expiries"}
    assert counts(real).equals(before)
    assert delete(real, after(days=32)).rows == 0


def test_an_expired_day_is_not_counted_again(real):
    delete(real, after(days=31))
    released = (real.released / "planner" / "latest.json").read_bytes()
    builders.video(real.recordings / "pole" / "pole_2026-06-10_09-00-00.mp4", builders.images(39))
    with pytest.raises(ExpiredError, match=r"crossroads 2026-06-10: .* expired.*counts stay"):
        builders.site_day(real)
    assert (real.released / "planner" / "latest.json").read_bytes() == released


def test_every_deletion_is_logged_with_its_digest_and_lateness(real):
    (key,) = builders.site_day(real).lake.keys("recordings", builders.DAY, "pole")
    delete(real, after(days=31))
    log = AuditLog(real.audit)
    log.verify()
    film, tracks = [entry for entry in log.entries() if entry["action"] == "expire"]
    assert (film["what"], tracks["what"]) == ("recording", "tracks")
    assert film["sha256"].startswith(key.recording_id[-8:])
    assert film["late_s"] == pytest.approx((31 - 3) * 86400, abs=60)
    rows = builders.site_day(Settings(real.data), builders.DAY + timedelta(days=5)).lake.open(Expiries, "expiries", key)
    assert rows["bytes"].min() > 0


def test_tracking_again_gives_a_recording_no_longer_life(real):
    (path,) = real.lake.glob("tracks/*/*/*.parquet")
    os.utime(path, (4e9, 4e9))
    assert delete(real, after(hours=73)).figures["recordings"] == 1


def test_a_trial_deletes_nothing(real):
    before = sorted(real.data.rglob("*"))
    assert delete(real, after(days=31), is_trial=True).rows == 2
    assert sorted(real.data.rglob("*")) == before


def test_another_film_of_the_same_name_is_left_alone(real):
    (path,) = (real.recordings / "pole").glob("*.mp4")
    builders.video(path, builders.images(20))
    report = delete(real, after(hours=73))
    assert report.rows == 0
    assert "is another film" in report.warnings[0]
    assert path.is_file()


def test_simulated_sites_keep_everything(data):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    assert delete(settings, after(days=1000)).rows == 0


def test_the_committed_policy_is_the_default():
    assert read_policy(Settings(Path("data"))).of("anywhere") == RULES


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("recordings_kept_h: -1", "recordings_kept_h"),
        ("recordings_h: 72", "recordings_h.*Fields are recordings_kept_h"),
        ("recordings_kept_h: 1000", "longer than tracks_kept_d"),
        ("sites: {harbour: {stale_after_h: soon}}", "sites.harbour.stale_after_h"),
        ("sites: {harbour: {stale_after: 3}}", "stale_after"),
        ("a: [", "not valid YAML"),
    ],
)
def test_a_wrong_policy_is_named(tmp_path, text, says):
    settings = Settings(tmp_path)
    settings.policy.parent.mkdir()
    settings.policy.write_text(text)
    with pytest.raises(PolicyError, match=rf"operations\.yaml: .*{says}"):
        read_policy(settings)


def test_a_site_may_have_rules_of_its_own(tmp_path):
    settings = Settings(tmp_path)
    settings.policy.parent.mkdir()
    settings.policy.write_text("stale_after_h: 12\nsites: {harbour: {recordings_kept_h: 24}}")
    policy = read_policy(settings)
    assert policy.of("harbour") == Rules(recordings_kept_h=24, stale_after_h=12)
    assert policy.of("market") == Rules(stale_after_h=12)
