"""Two cameras film the same two people: each camera's lines count them, and nothing adds the cameras up."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from dashboards import queries
from dashboards.release import open_latest
from pipelines.settings import Settings
from tests import builders
from tests.dashboards.test_app import texts, view

# What one row of a released table is about, each of one camera.
OF_ONE_CAMERA = {"line_id", "zone_id", "junction_id", "camera_id"}
# Tables about the place and its time, in which nobody is counted.
OF_THE_PLACE = {"sites", "annotations", "weather", "calibrations", "service_levels"}
# Queries that add lines up; the tests below try each.
OVER_LINES = {"days", "days_of_hours", "network", "site_days"}


@pytest.fixture(scope="module", params=[True, False], ids=["overlapping", "apart"])
def twice(request, tmp_path_factory):
    """A release of the small site with a mast beside the pole, and whether their overlap is declared."""
    settings = Settings(tmp_path_factory.mktemp("twice") / "data")
    views = [["pole", "mast"]] if request.param else []
    builders.write_site(settings.sites / "crossroads", with_mast(views))
    for camera in ("pole", "mast"):
        builders.video(settings.recordings / camera / f"{camera}_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    return settings, request.param


def with_mast(overlapping_views):
    described = builders.site_file(overlapping_views=overlapping_views)
    pole = described["cameras"][0]
    line = {**pole["counting_lines"][0], "line_id": "mast_px", "name": "Mast"}
    mast = {**pole, "camera_id": "mast", "file_name_time": "mast_%Y-%m-%d_%H-%M-%S", "counting_lines": [line]}
    described["cameras"].append(mast)
    return {**builders.site_documents(), "site.yaml": yaml.safe_dump(described)}


def release_and_selection(settings):
    release = open_latest(settings.data / "released")
    views = queries.sites(release)["overlapping_views"][0]
    return release, builders.selection(overlapping_views=views)


def test_every_released_number_is_of_one_camera(twice):
    release, _ = release_and_selection(twice[0])
    counted = [t for t in queries.TABLES if t not in OF_THE_PLACE and release.holds(t)]
    assert len(counted) > 10
    for table in counted:
        assert OF_ONE_CAMERA & set(queries.download(release, table, "crossroads").columns), table


def test_every_line_stands_for_itself(twice):
    release, selection = release_and_selection(twice[0])
    lines = queries.with_counts(release, selection)
    assert set(lines["line_id"]) >= {"gate_px", "mast_px"}
    for line_id in ("gate_px", "mast_px"):
        assert queries.days(release, selection, line_id)["count"].to_list() == [2]


def test_a_site_has_a_sum_only_where_nobody_is_seen_twice(twice):
    settings, is_overlapping = twice
    release, selection = release_and_selection(settings)
    total = queries.network(release, selection, least_coverage=0.0)["per_day"].to_list()
    if is_overlapping:
        assert total == [None]
        with pytest.raises(ValueError, match="pole and mast see the same ground"):
            queries.days(release, selection)
        with pytest.raises(ValueError, match="pole and mast see the same ground"):
            queries.days_of_groups(release, selection, {"motor": ["car"]})
    else:
        assert total == queries.days(release, selection)["count"].to_list() == [6]
        of_cars = queries.days(release, replace(selection, road_users=("car",)))
        assert queries.days_of_groups(release, selection, {"motor": ["car"]})["motor"].equals(of_cars)


@pytest.mark.parametrize("page", ["overview", "compare", "site"])
def test_no_page_adds_them_up(monkeypatch, twice, page):
    settings, is_overlapping = twice
    test = view(monkeypatch, settings.data, page)
    assert not test.exception
    if page != "site":
        assert ("counted twice" in texts(test)) == is_overlapping
    if page == "overview":
        assert [metric.value == "not added up" for metric in test.metric[:3]] == [is_overlapping] * 3


def test_no_other_query_adds_lines_up():
    for file in Path("dashboards/sql").glob("*.sql"):
        sql = file.read_text(encoding="utf-8")
        of_the_place = any(f"read_parquet(${table})" in sql for table in OF_THE_PLACE - {"sites", "service_levels"})
        if re.search(r"\bsum\(", sql) and file.stem not in OVER_LINES and not of_the_place:
            assert re.search(r"\b(line|zone|junction|camera)_id\b", sql), file.name
