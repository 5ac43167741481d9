"""Lines and zones that are drawn after a day was counted: not observed there, until it is counted again."""

import json
import shutil
from datetime import timedelta

import polars as pl
import pytest

from pipelines.settings import Settings
from pipelines.warehouse.connection import Warehouse
from tests import builders

MORNING, EVENING = "pole_2026-06-10_08-14-58.mp4", "pole_2026-06-10_18-00-00.mp4"


def draw(data):
    """A line across the way to the west and a zone around it."""
    site = data / "sites" / "crossroads"
    for name, added in (
        ("lines.geojson", builders.feature("LineString", [(4, 0), (4, 12)], line_id="west", name="West", **CARDINAL)),
        ("zones.geojson", builders.feature("Polygon", WEST, zone_id="west", name="West", **PRESENCE)),
    ):
        drawn = json.loads((site / name).read_text(encoding="utf-8"))
        drawn["features"].append(added)
        (site / name).write_text(json.dumps(drawn), encoding="utf-8")


CARDINAL = {"camera_id": "pole", "forward": "east", "backward": "west"}
PRESENCE = {"camera_id": "pole", "purpose": "presence"}
WEST = [(2, 3), (6, 3), (6, 8), (2, 8)]


def record(settings, name):
    builders.video(settings.recordings / "pole" / name)


def run(settings, day=builders.DAY):
    outcome = builders.run_day(builders.site_day(settings, day))
    assert all(verdict.is_passed for verdict in outcome["checks"])


def released(settings, table, day=builders.DAY):
    with Warehouse(settings.warehouse).read() as session:
        return session.frame(f"select_{table}", site_id="crossroads", days=[day])


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The line and the zone are drawn between two days that are counted. Do not change it."""
    settings = Settings(tmp_path_factory.mktemp("drawn") / "data")
    builders.write_site(settings.sites / "crossroads")
    record(settings, MORNING)
    run(settings)
    draw(settings.data)
    record(settings, MORNING.replace("06-10", "06-11"))
    run(settings, builders.DAY + timedelta(days=1))
    return settings


def test_a_line_reads_empty_on_days_counted_before_it_was_drawn(settings):
    counts = released(settings, "flow_counts")
    west, gate = counts.filter(line_id="west"), counts.filter(line_id="gate")
    assert west.height == gate.height
    assert west["count"].null_count() == west.height
    assert west["coverage"].unique().to_list() == [0.0]
    assert west.select("revision", "detector", "site_version").unique().rows() == [(None, None, None)]
    assert gate["count"].sum() == 2
    drawn = released(settings, "flow_counts", builders.DAY + timedelta(days=1)).filter(line_id="west")
    assert drawn["count"].sum() == 2
    assert (drawn.filter(pl.col("coverage") > 0)["count"] == 0).any()


@pytest.mark.parametrize(("table", "measure"), [("zone_occupancy", "presence_s"), ("dwell", "ended")])
def test_a_zone_reads_empty_on_days_counted_before_it_was_drawn(settings, table, measure):
    found = released(settings, table)
    assert found.filter(zone_id="west")[measure].drop_nulls().is_empty()
    assert found.filter(zone_id="west")["coverage"].unique().to_list() == [0.0]
    assert not found.filter(zone_id="square")[measure].drop_nulls().is_empty()
    drawn = released(settings, table, builders.DAY + timedelta(days=1)).filter(zone_id="west")
    assert not drawn[measure].drop_nulls().is_empty()


def test_a_zone_has_no_level_of_service_before_it_was_drawn(settings):
    assert released(settings, "level_of_service")["zone_id"].unique().to_list() == ["square"]


def test_a_day_that_is_counted_again_has_the_line(settings, tmp_path):
    again = Settings(shutil.copytree(settings.data, tmp_path / "data"))
    run(again)
    west = released(again, "flow_counts").filter(line_id="west")
    assert west["count"].sum() == 2
    assert west.filter(pl.col("coverage") > 0)["count"].null_count() == 0


def test_recordings_of_one_day_count_for_the_lines_they_were_looked_at_for(data):
    """As if the morning had been loaded before the line was drawn and the evening after."""
    settings = Settings(data)
    record(settings, MORNING)
    run(settings)
    draw(data)
    record(settings, EVENING)
    day = builders.site_day(settings)
    (morning,) = day._tracked()
    builders.run_day(day)
    with Warehouse(settings.warehouse).write() as session:
        session.connection.execute(
            "UPDATE loads SET line_ids = ['gate', 'gate_px'] WHERE recording_id = $id", {"id": morning.recording_id}
        )
    counts = released(settings, "flow_counts")
    hours = {
        line: counts.filter(pl.col("coverage") > 0, line_id=line)["interval_start_local"].dt.hour().unique().to_list()
        for line in ("gate", "west")
    }
    assert hours == {"gate": [8, 18], "west": [18]}
