"""A few simulated days of Lindenplatz: an outage, a change of clocks, a sample, from history.yaml to release."""

import hashlib
import json
import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml

from geo.site import SiteError
from pipelines.audit import AuditLog
from pipelines.publishing.store import read_latest
from pipelines.settings import Settings
from pipelines.sites import load_site
from pipelines.stages.history import history, read_chronicle

LINDENPLATZ = Path("data/sites/lindenplatz")
SAMPLE_DAY, DARK_DAY, SPRING_DAY = date(2026, 3, 31), date(2026, 3, 28), date(2026, 3, 29)
CHANGES = {
    "first_day": "2026-03-27",
    "last_day": str(SAMPLE_DAY),
    "samples": {"from_hour": 12, "minutes": 1},
    "outages": [
        {"camera_id": "lindenplatz_pole", "start": "2026-03-28T00:00", "end": "2026-03-29T00:00", "text": "Power cut"},
        {"camera_id": "lindenplatz_pole", "start": "2026-03-30T10:05", "end": "2026-03-30T12:00", "text": "Down"},
    ],
}


def lindenplatz(data, **changes):
    """A copy of the site with a chronicle of five days, changed as told."""
    folder = data / "sites" / "lindenplatz"
    shutil.copytree(LINDENPLATZ, folder, dirs_exist_ok=True)
    described = yaml.safe_load((LINDENPLATZ / "history.yaml").read_text())
    (folder / "history.yaml").write_text(yaml.safe_dump({**described, **CHANGES, **changes}))
    return load_site(folder)


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """The data folder after one run. Do not change it."""
    settings = Settings(tmp_path_factory.mktemp("past") / "data")
    outcome = history(lindenplatz(settings.data), settings)
    assert all(v.is_passed for v in outcome.verdicts), outcome.verdicts
    return settings


@pytest.fixture
def copy(past, tmp_path):
    shutil.copytree(past.data, tmp_path / "data")
    return Settings(tmp_path / "data")


def manifest(settings):
    tier = settings.released / "planner"
    return tier, json.loads((tier / read_latest(tier)["manifest"]).read_text(encoding="utf-8"))


def released(settings, table):
    tier, described = manifest(settings)
    return pl.concat(pl.read_parquet(tier / file["path"]) for file in described["tables"][table]["files"])


def files(root):
    return {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*")) if p.is_file()}


def test_every_row_and_file_says_that_it_is_simulated(past):
    tier, described = manifest(past)
    for name, table in described["tables"].items():
        for file in table["files"]:
            rows = pl.read_parquet(tier / file["path"])
            if name == "service_levels" or rows.is_empty():  # definitions, or nothing to say anything of
                continue
            assert rows["is_simulated"].all(), name
            assert pl.read_parquet_metadata(tier / file["path"])["passant:is_simulated"] == "true"
    assert released(past, "quality")["detector"].str.starts_with("simulated").all()


def test_what_no_camera_saw_is_never_a_zero(past):
    rows = released(past, "flow_counts")
    assert DARK_DAY not in rows["interval_start_local"].dt.date().unique().to_list()
    dark = rows.filter(
        pl.col("interval_start_local").is_between(datetime(2026, 3, 30, 10, 15), datetime(2026, 3, 30, 11, 45))
    )
    assert dark["count"].null_count() == dark.height > 0
    assert (dark["coverage"] == 0).all()
    partly = rows.filter(interval_start_local=datetime(2026, 3, 30, 10))
    assert partly["coverage"].to_list() == pytest.approx([1 / 3] * partly.height)
    assert rows.filter(pl.col("coverage") > 0)["count"].null_count() == 0


def test_nights_are_observed_and_quiet(past):
    rows = released(past, "flow_counts").filter(pl.col("coverage") > 0)
    by_hour = rows.group_by(pl.col("interval_start_local").dt.hour().alias("hour")).agg(pl.col("count").mean())
    night, noon = (by_hour.filter(hour=h)["count"].item() for h in (3, 12))
    assert 0 < night < noon / 5


def test_the_day_of_changing_clocks_has_92_quarter_hours(past):
    rows = released(past, "flow_counts").filter(pl.col("interval_start_local").dt.date() == SPRING_DAY)
    one = rows.filter(line_id="street", direction="forward", road_user="car")
    assert one.height == one["interval_start_utc"].n_unique() == 92
    daily = released(past, "flow_daily").filter(day=SPRING_DAY)
    assert daily["observed_h"].max() == pytest.approx(23, abs=0.2)
    assert daily["coverage"].max() <= 1


def test_roll_ups_add_up(past):
    quarters, hours, days = (released(past, t) for t in ("flow_counts", "flow_hourly", "flow_daily"))
    assert quarters["count"].sum() == hours["count"].sum() == days["count"].sum() > 0
    assert quarters["coverage"].sum() / 4 == pytest.approx(hours["coverage"].sum()) == days["observed_h"].sum()
    dark = hours.filter(hour_start_local=datetime(2026, 3, 30, 11))
    assert dark["count"].null_count() == dark.height > 0


def test_densities_rest_on_the_sample_alone(past):
    seen = released(past, "coverage").filter(pl.col("position_coverage") > 0)
    assert seen["interval_start_local"].unique().to_list() == [datetime(2026, 3, 31, 12)]
    assert seen["position_coverage"].to_list() == pytest.approx([60 / 900] * seen.height)
    cells = released(past, "occupancy")
    assert cells["interval_start_local"].unique().to_list() == [datetime(2026, 3, 31, 12)]
    assert cells["coverage"].to_list() == pytest.approx([60 / 900] * cells.height)
    assert cells["presence_s"].sum() > 60


def test_annotations_and_weather_are_released(past):
    notes = released(past, "annotations")
    assert {"outage", "intervention", "market day", "school holidays"} <= set(notes["kind"])
    power_cut = notes.filter(pl.col("text").str.ends_with("Power cut")).row(0, named=True)
    assert power_cut["start_local"] == datetime(2026, 3, 28)
    assert power_cut["end_local"] == datetime(2026, 3, 29)
    weather = released(past, "weather")
    assert weather.height == 24 * 5 - 1


def test_running_again_changes_nothing(copy):
    before, log = files(copy.released) | files(copy.lake), copy.audit.read_bytes()
    outcome = history(load_site(copy.sites / "lindenplatz"), copy)
    assert all(report.is_reused for report in outcome.reports)
    assert outcome.verdicts == ()
    assert files(copy.released) | files(copy.lake) == before
    assert copy.audit.read_bytes() == log


def test_a_run_that_was_cut_off_before_its_checks_is_finished_by_the_next(copy):
    before = manifest(copy)[1]["digest"]
    with duckdb.connect(str(copy.warehouse)) as connection:
        connection.execute("DELETE FROM verdicts WHERE day >= '2026-03-29'")
    outcome = history(load_site(copy.sites / "lindenplatz"), copy)
    assert len(outcome.verdicts) == 4 * 3
    assert manifest(copy)[1]["digest"] == before


def test_a_changed_chronicle_leaves_nothing_of_the_old_one(copy):
    folder = lindenplatz(copy.data, last_day="2026-03-29", outages=[])
    history(folder, copy)
    days = released(copy, "flow_counts")["interval_start_local"].dt.date().unique().sort().to_list()
    assert days == [date(2026, 3, d) for d in (27, 28, 29)]
    assert not list(copy.lake.rglob("day=2026-03-30/**/*.parquet"))
    assert released(copy, "flow_counts")["revision"].drop_nulls().max() == 2
    assert "unload" in {entry["action"] for entry in AuditLog(copy.audit).entries()}


def test_the_same_seed_makes_the_same_past_and_another_another(tmp_path):
    made = []
    for name, seed in (("first", 1), ("second", 1), ("third", 2)):
        settings = Settings(tmp_path / name)
        history(lindenplatz(settings.data, last_day="2026-03-27", seed=seed), settings)
        made.append([file["sha256"] for file in manifest(settings)[1]["tables"]["flow_counts"]["files"]])
    assert made[0] == made[1] != made[2]


WRONG = {
    "no chronicle": (lambda folder: (folder / "history.yaml").unlink(), "history.yaml: no such file"),
    "a site that was filmed": (
        lambda folder: edit(folder / "site.yaml", "is_simulated: true", "is_simulated: false"),
        "is_simulated: is false",
    ),
    "an unknown line": (lambda folder: edit(folder / "history.yaml", "- crossing", "- moon"), "line_ids.*'moon'"),
    "an unknown camera": (
        lambda folder: edit(folder / "history.yaml", "camera_id: lindenplatz_pole", "camera_id: mast"),
        "camera_id.*'mast'",
    ),
    "no date": (lambda folder: edit(folder / "history.yaml", "2026-03-27", "soon"), "first_day"),
}


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_chronicle_is_named(tmp_path, case):
    spoil, says = WRONG[case]
    folder = lindenplatz(tmp_path / "data").path
    spoil(folder)
    with pytest.raises(SiteError, match=says):
        read_chronicle(load_site(folder))


def test_a_purpose_that_nothing_is_said_of_is_named(tmp_path):
    settings = Settings(tmp_path / "data")
    folder = lindenplatz(settings.data, demand={"through": "through"})
    with pytest.raises(SiteError, match=r"history.yaml: demand: nothing said of"):
        history(folder, settings)
    assert not settings.lake.exists()
