"""The whole stream of one small day, from recording to release, with recorded boxes."""

import hashlib
import json
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from detectors.road_users import ROAD_USERS
from geo.crossings import Crossings
from geo.site import SiteError
from geo.trajectories import Trajectories
from pipelines.audit import AuditLog
from pipelines.lake import DamagedFileError
from pipelines.publishing.store import read_latest
from pipelines.settings import Settings
from pipelines.stages.site_day import SiteDay
from pipelines.warehouse.connection import Warehouse
from tests import builders


def files(root):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*")) if p.is_file()}


def rows(settings, table, day=builders.DAY):
    with Warehouse(settings.warehouse).read() as session:
        return session.frame(f"select_{table}", site_id="crossroads", days=[day])


def test_both_walkers_cross_both_lines_once(counted_day):
    day = builders.site_day(counted_day.settings)
    (key,) = day.lake.keys("crossings", day.day, "pole")
    crossed = day.lake.open(Crossings, "crossings", key).sort("line_id", "road_user")
    found = crossed.select(pl.col("line_id", "direction", "road_user").cast(pl.String)).rows()
    assert found == [
        ("gate", "forward", "pedestrian"),
        ("gate", "backward", "car"),
        ("gate_px", "forward", "pedestrian"),
        ("gate_px", "backward", "car"),
    ]
    assert crossed.filter(line_id="gate")["speed_m_s"].to_list() == pytest.approx([3.08, 3.08], abs=0.02)
    assert crossed.filter(line_id="gate_px")["speed_m_s"].null_count() == 2


def test_an_unobserved_quarter_hour_is_empty_and_an_observed_one_is_zero(counted_day):
    counts = rows(counted_day.settings, "flow_counts")
    observed = counts.filter(pl.col("coverage") > 0)
    assert observed["interval_start_local"].dt.strftime("%H:%M").unique().sort().to_list() == ["08:00", "08:15"]
    assert observed["count"].null_count() == 0
    assert (observed["count"] == 0).any()
    assert counts.filter(pl.col("coverage") == 0)["count"].null_count() == counts.filter(pl.col("coverage") == 0).height
    coverage = (
        observed.group_by("interval_start_local", maintain_order=True)
        .agg(pl.col("coverage").first())
        .sort(by="interval_start_local")
    )
    assert (coverage["coverage"] * 900).to_list() == pytest.approx([2.0, 2.0])


def test_no_interval_is_claimed_before_validation(counted_day):
    counts = rows(counted_day.settings, "flow_counts")
    assert counts["lo95"].null_count() == counts["hi95"].null_count() == counts.height
    assert counts["interval_status"].unique().to_list() == ["not validated"]


def test_a_local_day_has_96_quarter_hours(counted_day):
    counts = rows(counted_day.settings, "flow_counts")
    one = counts.filter(line_id="gate", direction="forward", road_user="car")
    assert one.height == 96
    assert one["interval_start_local"].min().hour == 0


@pytest.mark.parametrize(
    ("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)], ids=["spring", "autumn"]
)
def test_days_of_changing_clocks(data, day, quarters):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / f"pole_{day}_12-00-00.mp4")
    builders.run_day(builders.site_day(settings, day))
    one = rows(settings, "flow_counts", day).filter(line_id="gate", direction="forward", road_user="car")
    assert one.height == quarters
    assert one["interval_start_utc"].n_unique() == quarters
    assert one.filter(pl.col("coverage") > 0)["interval_start_local"].dt.hour().to_list() == [12]


def test_running_a_day_again_changes_nothing(data):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    lake, released, log = files(settings.lake), files(settings.released), settings.audit.read_bytes()
    counts = rows(settings, "flow_counts")
    again = builders.run_day(builders.site_day(settings))
    assert all(
        r.is_reused
        for name in ("recordings", "tracks", "trajectories", "crossings", "flow_counts", "release")
        for r in again[name]
    )
    assert files(settings.lake) == lake
    assert files(settings.released) == released
    assert settings.audit.read_bytes() == log
    assert rows(settings, "flow_counts").equals(counts)


def test_a_moved_line_measures_again_and_tracks_nothing_again(data):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    line = data / "sites" / "crossroads" / "lines.geojson"
    moved = builders.feature(
        "LineString",
        [(15.5, 0), (15.5, 12)],
        line_id="gate",
        name="Gate",
        camera_id="pole",
        forward="east",
        backward="west",
    )
    line.write_text(builders.collection(moved), encoding="utf-8")
    again = builders.run_day(builders.site_day(settings))
    reused = {
        name: [r.is_reused for r in again[name]] for name in ("tracks", "trajectories", "crossings", "flow_counts")
    }
    assert reused == {"tracks": [True], "trajectories": [True], "crossings": [False], "flow_counts": [False]}
    counts = rows(settings, "flow_counts")
    assert counts.filter(line_id="gate")["count"].sum() == 0
    assert counts.filter(line_id="gate_px")["count"].sum() == 2
    assert counts["revision"].drop_nulls().unique().to_list() == [2]


def test_a_later_recording_adds_to_the_day(data):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_09-00-00.mp4", builders.images(39))
    builders.run_day(builders.site_day(settings))
    counts = rows(settings, "flow_counts").filter(line_id="gate_px")
    assert counts["count"].sum() == 4
    assert counts.filter(pl.col("coverage") > 0)["interval_start_local"].n_unique() == 3


def test_tracks_outlive_their_recording(data):
    settings = Settings(data)
    path = builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    path.unlink()
    builders.run_day(builders.site_day(settings))
    assert rows(settings, "flow_counts")["count"].sum() == 4


def test_metres_of_an_exceptional_calibration_say_so(data):
    site = data / "sites" / "crossroads"
    described = builders.site_file()
    exception = {"reason": "only four points could be surveyed", "recorded_by": "tests", "recorded_on": "2026-01-01"}
    described["cameras"][0]["calibration"]["exception"] = exception
    documents = {**builders.site_documents(cameras=described["cameras"])}
    documents["control_points.csv"] = builders.control_points([(1, 1), (15, 1), (14, 11), (1, 10), (7, 7)])
    builders.write_site(site, documents)
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    counts = rows(settings, "flow_counts")
    assert counts.filter(line_id="gate_px")["calibration_note"].null_count() == 96 * 2 * len(ROAD_USERS)
    assert counts.filter(line_id="gate")["calibration_note"].str.contains("only four points").all()
    assert rows(settings, "occupancy")["calibration_note"].str.contains("only four points").all()


def test_movements_are_counted_and_released(data):
    builders.write_junction_site(data)
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")

    def three():
        stays = builders.walk(range(40), (60, 90), (62, 90), width=8.0, height=20.0)
        return builders.recorded(stays, *(list(w) for w in WALKS))

    outcome = builders.run_day(builders.site_day(settings), three)
    assert all(v.is_passed for v in outcome["checks"]), outcome["checks"]
    found = rows(settings, "movements").sort("road_user", "entry_line_id", nulls_last=True)
    columns = ["junction_id", "entry_line_id", "exit_line_id", "road_user", "count", "is_u_turn"]
    assert found.select(columns).rows() == [
        ("square", "gate_px", "west_px", "car", 1, False),
        ("square", "west_px", "gate_px", "pedestrian", 1, False),
        ("square", None, None, "pedestrian", 1, False),
    ]
    assert (found["coverage"] * 900).to_list() == pytest.approx([2.0, 2.0, 2.0])
    with Warehouse(settings.warehouse).write() as session:
        builders.loaded_before_anything_was_drawn(session)
    found = rows(settings, "movements").sort("road_user", "entry_line_id", nulls_last=True)
    assert (found["coverage"] * 900).to_list() == pytest.approx([2.0, 2.0, 4.0])  # the last has no gate
    manifest = json.loads(
        (settings.released / "planner" / read_latest(settings.released / "planner")["manifest"]).read_text()
    )
    assert [f["rows"] for f in manifest["tables"]["movements"]["files"]] == [3]
    assert [f["rows"] for f in manifest["tables"]["junctions"]["files"]] == [1]


WALKS = (
    builders.walk(range(40), (20, 70), (140, 70)),
    builders.walk(range(40), (140, 110), (20, 110), road_user="car", width=30.0, height=20.0),
)


def test_an_uncalibrated_camera_has_counts_and_no_metres(data):
    described = builders.site_file(crs=None, origin=None)
    described["cameras"][0]["calibration"] = None
    site = data / "sites" / "crossroads"
    for file in site.iterdir():
        file.unlink()
    import yaml

    builders.write_site(site, {"site.yaml": yaml.safe_dump(described)})
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    outcome = builders.run_day(builders.site_day(settings))
    assert not outcome["trajectories"][0].path.exists()
    assert rows(settings, "flow_counts")["count"].sum() == 2
    assert rows(settings, "occupancy").is_empty()
    assert all(v.is_passed for v in outcome["checks"])


def test_the_lake_keeps_its_contracts_and_no_pictures(counted_day):
    lake = counted_day.settings.lake
    for path in lake.rglob("*.parquet"):
        content = path.read_bytes()
        assert b"\xff\xd8\xff" not in content
        assert b"\x89PNG" not in content
        schema = pl.read_parquet(path, hive_partitioning=False).schema
        assert not any(isinstance(t, pl.Array | pl.Binary) for t in schema.dtypes()), path
    others = {p.suffix for p in counted_day.settings.data.rglob("*") if p.is_file()}
    assert others == {".parquet", ".duckdb", ".jsonl", ".json", ".geojson", ".yaml", ".csv", ".mp4"}
    (key,) = builders.site_day(counted_day.settings).lake.keys("trajectories", builders.DAY, "pole")
    assert builders.site_day(counted_day.settings).lake.open(Trajectories, "trajectories", key).height > 0


def test_the_warehouse_holds_nothing_per_track(counted_day):
    with duckdb.connect(str(counted_day.settings.warehouse), read_only=True) as connection:
        columns = connection.execute("SELECT table_name, column_name FROM information_schema.columns").fetchall()
    assert columns
    assert not [c for c in columns if "track" in c[1] or c[1] in ("x_m", "y_m", "time_utc")]


def test_an_unknown_site_is_named_with_those_there_are(data):
    with pytest.raises(SiteError, match="no site 'atlantis'.*crossroads"):
        SiteDay.of("atlantis", builders.DAY, Settings(data))


def test_a_day_without_recordings_is_empty_and_passes(data):
    outcome = builders.run_day(builders.site_day(Settings(data), builders.DAY + timedelta(days=1)))
    assert outcome["tracks"] == outcome["flow_counts"] == []
    assert all(v.is_passed for v in outcome["checks"])


def test_every_step_is_in_the_audit_log(counted_day):
    log = AuditLog(counted_day.settings.audit)
    assert log.verify() == 6
    assert [e["action"] for e in log.entries()] == ["ingest", "track", "georeference", "measure", "load", "release"]


def test_many_recordings_are_loaded_whole_or_not_at_all(data):
    settings = Settings(data)
    for start in ("08-14-58", "09-00-00"):
        builders.video(settings.recordings / "pole" / f"pole_2026-06-10_{start}.mp4", builders.images(39))
    day = builders.site_day(settings)
    builders.run_day(day)
    before = rows(settings, "flow_counts")
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("UPDATE loads SET digest = 'changed'")
    last = day.lake.path("crossings", day.lake.keys("crossings", day.day, "pole")[-1])
    whole = last.read_bytes()
    last.write_bytes(whole[:-40])
    with pytest.raises(DamagedFileError, match="not those that were written"):
        day.load()
    assert rows(settings, "flow_counts").equals(before)
    last.write_bytes(whole)
    assert [report.is_reused for report in day.load()] == [False, False]
    assert rows(settings, "flow_counts")["revision"].drop_nulls().unique().to_list() == [2]
    assert rows(settings, "flow_counts")["count"].sum() == before["count"].sum()


def test_lines_of_the_same_name_at_two_sites_are_two_lines(data):
    described = builders.site_file(site_id="market")
    described["cameras"][0] |= {"camera_id": "mast", "file_name_time": "mast_%Y-%m-%d_%H-%M-%S"}
    documents = builders.site_documents(site_id="market", cameras=described["cameras"])
    for name in ("lines.geojson", "zones.geojson"):
        documents[name] = documents[name].replace('"pole"', '"mast"')
    builders.write_site(data / "sites" / "market", documents)
    settings = Settings(data)
    for camera, site_id in (("pole", "crossroads"), ("mast", "market")):
        builders.video(settings.recordings / camera / f"{camera}_2026-06-10_08-14-58.mp4")
        builders.run_day(SiteDay.of(site_id, builders.DAY, settings))
    assert rows(settings, "flow_counts")["count"].sum() == 4
