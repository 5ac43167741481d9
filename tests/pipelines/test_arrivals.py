"""Every row of the table in docs/recordings.md: what comes of late, replaced, removed and doubtful recordings."""

import os
from collections import Counter
from datetime import timedelta

import polars as pl
import pytest

from detectors.video import RecordingError
from geo.site import SiteError
from pipelines.audit import AuditLog
from pipelines.lake import Lake
from pipelines.settings import Settings
from pipelines.stages.withdraw import WithdrawalError, withdraw
from pipelines.warehouse.connection import Warehouse
from tests import builders

FIRST = "pole_2026-06-10_08-14-58.mp4"
NEXT_DAY = builders.DAY + timedelta(days=1)


@pytest.fixture
def settings(data):
    return Settings(data)


def put(settings, name=FIRST, frames=40, start=None):
    """Lays a recording into its camera's folder, with a sidecar where a start is given."""
    path = builders.video(settings.recordings / "pole" / name, builders.images(frames))
    if start is not None:
        correct(path, start)
    return path


def correct(path, start):
    path.with_name(f"{path.name}.start").write_text(start)


def run(settings, day=builders.DAY):
    return builders.run_day(builders.site_day(settings, day))


def counted(settings, day=builders.DAY):
    """Crossings counted on a day, and the local times at which something was observed."""
    with Warehouse(settings.warehouse).read() as session:
        rows = session.frame("select_flow_counts", site_id="crossroads", days=[day])
    seen = rows.filter(pl.col("coverage") > 0)["interval_start_local"].dt.strftime("%H:%M").unique().sort()
    return rows["count"].sum(), seen.to_list()


def warnings(reports):
    return " ".join(warning for report in reports for warning in report.warnings)


def actions(settings):
    return [entry["action"] for entry in AuditLog(settings.audit).entries()]


def test_duplicates_are_counted_once(settings):
    path = put(settings)
    copy = path.with_name("copy.mp4")
    copy.write_bytes(path.read_bytes())
    correct(copy, "2026-06-10T08:14:58")
    outcome = run(settings)
    assert counted(settings)[0] == 4
    assert f"{path}: the same as copy.mp4" in warnings(outcome["recordings"])
    assert all(verdict.is_passed for verdict in outcome["checks"])


def test_a_film_with_two_starts_is_counted_twice_with_a_doubt(settings):
    path = put(settings)
    other = path.with_name("pole_2026-06-10_11-00-00.mp4")
    other.write_bytes(path.read_bytes())
    outcome = run(settings)
    assert counted(settings) == (8, ["08:00", "08:15", "11:00"])
    assert f"{other.name}: the same film as pole__20260610T061458Z" in warnings(outcome["recordings"])
    path.unlink()
    run(settings)
    assert counted(settings)[0] == 8


def test_of_two_that_overlap_the_first_is_counted_and_the_rest_of_the_day_as_well(settings):
    put(settings)
    late = put(settings, "pole_2026-06-10_08-15-00.mp4", frames=30)
    put(settings, "pole_2026-06-10_09-00-00.mp4", frames=39)
    (settings.recordings / "pole" / "pole_2026-06-10_10-00-00.mp4").write_bytes(b"no video")
    outcome = run(settings)
    assert counted(settings)[1] == ["08:00", "08:15", "09:00"]
    assert f"{late}: overlaps in time with pole__20260610T061458Z" in warnings(outcome["recordings"])
    assert "pole_2026-06-10_10-00-00.mp4" in warnings(outcome["recordings"])
    assert sorted(report.rows for report in outcome["recordings"]) == [0, 0, 1, 1]
    assert all(verdict.is_passed for verdict in outcome["checks"])


def test_a_replaced_file_takes_the_place_of_what_it_was(settings):
    put(settings)
    run(settings)
    (old,) = builders.site_day(settings).lake.keys("recordings", builders.DAY, "pole")
    put(settings, frames=39)
    outcome = run(settings)
    lake = builders.site_day(settings).lake
    (new,) = lake.keys("recordings", builders.DAY, "pole")
    assert new != old
    assert not [path for path in lake.root.rglob("*") if old.recording_id in path.name]
    assert counted(settings)[0] == 4
    assert all(verdict.is_passed for verdict in outcome["checks"])
    assert "replace" in actions(settings)


def test_a_day_of_many_recordings_is_not_read_anew_for_each(settings, monkeypatch):
    read = Counter()
    builders.like(put(settings), [f"pole_2026-06-10_{hour:02d}-00-00.mp4" for hour in range(9, 21)])
    lake_open = Lake.open

    def opened(lake, schema, table, key):
        read[table] += 1
        return lake_open(lake, schema, table, key)

    monkeypatch.setattr(Lake, "open", opened)
    assert len(builders.site_day(settings).ingest()) == 13
    assert read["recordings"] <= 4 * 13


@pytest.mark.parametrize("how", ["sidecar", "renamed"])
def test_a_corrected_clock_moves_the_counts_to_their_true_day(settings, how):
    path = put(settings)
    run(settings)
    if how == "sidecar":
        correct(path, "2026-06-11T10:00:00")
    else:
        path.rename(path.with_name("pole_2026-06-11_10-00-00.mp4"))
    run(settings, NEXT_DAY)
    assert counted(settings, NEXT_DAY) == (4, ["10:00"])
    assert counted(settings)[0] == 0
    assert counted(settings)[1] == []


def test_neighbours_that_move_together_do_not_block_each_other(settings):
    first, second = put(settings), put(settings, "pole_2026-06-10_09-14-58.mp4", frames=39)
    run(settings)
    correct(first, "2026-06-10T09:14:58")
    correct(second, "2026-06-10T10:14:58")
    outcome = run(settings)
    assert warnings(outcome["recordings"]) == ""
    assert counted(settings)[1] == ["09:00", "09:15", "10:00", "10:15"]


def test_a_removed_file_leaves_its_counts_until_it_is_withdrawn(settings):
    path = put(settings)
    run(settings)
    (key,) = builders.site_day(settings).lake.keys("recordings", builders.DAY, "pole")
    site = builders.site_day(settings).folder.site
    with pytest.raises(WithdrawalError, match="taken in again"):
        withdraw(key.recording_id, "wrong camera", site, settings)
    path.unlink()
    outcome = run(settings)
    assert "its file is gone" in warnings(outcome["recordings"])
    assert "passant withdraw" in warnings(outcome["recordings"])
    assert counted(settings)[0] == 4
    withdraw(key.recording_id, "wrong camera", site, settings)
    assert counted(settings)[0] == 0
    assert not list(settings.lake.rglob("*.parquet"))
    (entry,) = [e for e in AuditLog(settings.audit).entries() if e["action"] == "withdraw"]
    assert (entry["recording"], entry["reason"]) == (key.recording_id, "wrong camera")
    with pytest.raises(WithdrawalError, match="no recording"):
        withdraw(key.recording_id, "again", site, settings)


def test_a_site_edited_between_measuring_and_loading_is_refused(settings):
    put(settings)
    run(settings)
    lines = settings.sites / "crossroads" / "lines.geojson"
    lines.write_text(lines.read_text().replace('"east"', '"eastwards"'))
    with pytest.raises(SiteError, match="Run the day again"):
        builders.site_day(settings).load()
    assert counted(settings)[0] == 4


def test_a_file_of_another_day_is_not_opened(settings, monkeypatch):
    put(settings)
    opened = []

    def examine(path, *_):
        opened.append(path.name)
        raise RecordingError("never mind")

    put(settings, "pole_2026-06-11_08-00-00.mp4", frames=5)
    put(settings, "film.mp4", frames=5)
    monkeypatch.setattr("pipelines.stages.arrivals.examine", examine)
    builders.site_day(settings).ingest()
    assert opened == ["film.mp4", FIRST]


def test_operators_reads_are_logged_by_a_single_run_too(settings, monkeypatch):
    from pipelines.inbox import Inbox
    from pipelines.sites import load_site
    from pipelines.stages.run import run as run_one

    class Loaded:
        def __getattr__(self, name):
            return getattr(builders.two_walkers(), name)

        def load(self):
            pass

    monkeypatch.setattr("pipelines.stages.run.make_detector", lambda *_: Loaded())
    Inbox(settings.inbox).append("operator_sites", "somebody")
    run_one(
        load_site(settings.sites / "crossroads"),
        put(settings),
        start=None,
        camera_id=None,
        weights=None,
        settings=settings,
        show_progress=builders.silence,
    )
    assert actions(settings)[0] == "operator_sites"
    assert os.listdir(settings.inbox) == []
