import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards import queries
from dashboards.release import open_latest
from dashboards.views.frame import _digits, to_csv
from dashboards.words import words
from tests import builders
from tests.city import write_city

PAGES = (
    "overview",
    "site",
    "place",
    "movements",
    "speeds",
    "conflicts",
    "plaza",
    "compare",
    "quality",
    "downloads",
    "methods",
)


def app(monkeypatch, data):
    monkeypatch.setenv("PASSANT_DATA", str(data))
    return AppTest.from_file(Path("dashboards/app.py").resolve(), default_timeout=300).run()


def view(monkeypatch, data, name, language="en", **parameters):
    """One page on its own, as AppTest reaches pages made of functions only through the app."""
    monkeypatch.setenv("PASSANT_DATA", str(data))

    def script(name, language):
        import importlib

        from dashboards.release import data_folder, open_latest
        from dashboards.words import words

        page = importlib.import_module(f"dashboards.views.{name}")
        page.show(open_latest(data_folder() / "released"), words(language))

    test = AppTest.from_function(script, args=(name, language), default_timeout=300)
    for key, value in parameters.items():
        test.query_params[key] = value
    return test.run()


def texts(test):
    return " ".join(
        str(e.value) for kind in ("title", "header", "caption", "markdown", "info", "warning") for e in test.get(kind)
    )


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_the_small_day(monkeypatch, counted_day, name, language):
    test = view(monkeypatch, counted_day.settings.data, name, language)
    assert not test.exception
    assert test.title[0].value == words(language)(name)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "methods"])
def test_every_page_says_that_it_is_simulated(monkeypatch, counted_day, name):
    assert "Simulated" in texts(view(monkeypatch, counted_day.settings.data, name))


def test_the_overview_says_what_it_cannot_say(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "overview")
    metrics = {m.label: m.value for m in test.metric}
    assert metrics["On foot, crossings per day"] == "no whole day"
    assert "not enough history" in texts(test)
    assert "not validated" in texts(test)


def test_data_quality_says_what_numbers_rest_on(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "quality")
    metrics = {m.label: m.value for m in test.metric}
    assert metrics["Of the recorded time"] == "100.0 %"
    assert metrics["Validation"] == "not validated"
    assert metrics["Calibration error (leave-one-out)"].endswith(" m")


def test_a_site_says_when_history_is_short(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "site")
    assert "Not enough history" in texts(test)
    metrics = {m.label: m.value for m in test.metric}
    assert metrics["Crossings counted"] == "2"
    assert metrics["Observed time"] == "0 min 04 s"
    assert metrics["Busiest hour"] == "no whole hour"


def test_choosing_a_line_changes_the_page(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "site")
    assert "Gate by quarter-hour" in texts(test)
    test.button_group(key="line").set_value("gate_px").run()
    assert "Gate (pixels) by quarter-hour" in texts(test)


def test_a_link_reproduces_the_choice(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "site", line="Gate (pixels)", direction="forward")
    assert "Gate (pixels) by quarter-hour" in texts(test)
    assert {m.label: m.value for m in test.metric}["Crossings counted"] == "1"


def test_a_cell_in_the_link_is_shown_beside_the_map(monkeypatch, counted_day):
    data = counted_day.settings.data
    assert "Cell " not in texts(view(monkeypatch, data, "place"))
    monkeypatch.setenv("PASSANT_DATA", str(data))
    release = open_latest(data / "released")
    busiest = queries.occupancy(release, builders.selection()).sort("density_per_m2").row(-1, named=True)
    test = view(monkeypatch, data, "place", cell=f"{busiest['cell_x']}_{busiest['cell_y']}")
    assert not test.exception
    assert f"Cell {busiest['cell_x']} m east, {busiest['cell_y']} m north" in texts(test)
    metrics = {m.label: m.value for m in test.metric}
    assert metrics["Density, per 100 m²"] == f"{100 * busiest['density_per_m2']:.2f}"
    test.button(key="forget_cell").click().run()
    assert "Cell " not in texts(test)


def test_a_cell_and_an_hour_are_chosen_without_a_mouse(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "place")
    cells = test.selectbox(key="picked_cell")
    cells.select_index(0).run()
    assert not test.exception
    assert "Cell " in texts(test)
    test.selectbox(key="picked_hour").set_value("3_8").run()
    assert chip(test) == "Only Wed 08:00 to 09:00"
    assert test.selectbox(key="picked_cell").value == test.query_params["cell"]
    test.selectbox(key="picked_hour").set_value(None).run()
    assert not test.exception
    assert chip(test) is None


def test_the_hours_of_a_cell_add_up_to_its_density(counted_day):
    release, selection = open_latest(counted_day.settings.data / "released"), builders.selection()
    cells = queries.occupancy(release, selection)
    busiest = cells.sort("density_per_m2").row(-1, named=True)
    rows = queries.cell_by_hour(release, selection, (busiest["cell_x"], busiest["cell_y"]))
    hours = rows.group_by("hour").agg(pl.col("density_per_m2").sum(), pl.col("observed_h").first())
    mean = (hours["density_per_m2"] * hours["observed_h"]).sum() / hours["observed_h"].sum()
    assert mean == pytest.approx(busiest["density_per_m2"])


@pytest.mark.parametrize("cell", ["9999_9999", "nowhere"])
def test_a_cell_without_anybody_is_no_error(monkeypatch, counted_day, cell):
    test = view(monkeypatch, counted_day.settings.data, "place", cell=cell)
    assert not test.exception
    assert ("Nobody was seen in this cell" in texts(test)) == (cell != "nowhere")


def test_an_hour_in_the_link_shows_its_dates(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "site", hour="3_8")
    assert not test.exception
    assert "Gate: date by date" in texts(test)
    metrics = {m.label: m.value for m in test.metric}
    assert metrics["Mean of whole hours"] == "no whole hour"
    for hour in ("8_8", "3_24", "x"):
        assert chip(view(monkeypatch, counted_day.settings.data, "site", hour=hour)) is None


def chip(test):
    """What the button says that gives back all hours; None where no hour is chosen."""
    return next((button.label for button in test.button if button.key == "forget_hour"), None)


@pytest.mark.parametrize("name", ["overview", "site", "place", "movements", "speeds", "conflicts", "plaza", "compare"])
def test_an_hour_of_the_week_filters_every_page_until_it_is_given_back(monkeypatch, counted_day, name):
    test = view(monkeypatch, counted_day.settings.data, name, hour="3_8")
    assert not test.exception
    assert chip(test) == "Only Wed 08:00 to 09:00"
    test.button(key="forget_hour").click().run()
    assert not test.exception
    assert chip(test) is None
    assert "hour" not in test.query_params


@pytest.mark.parametrize(("hour", "counted"), [("3_8", 2), ("3_9", 0), ("4_8", 0)])
def test_only_the_chosen_hour_is_counted(counted_day, hour, counted):
    release, (weekday, hour) = open_latest(counted_day.settings.data / "released"), map(int, hour.split("_"))
    selection = replace(builders.selection(), weekdays=(weekday,), hours=(hour,))
    of_gate = queries.totals(release, selection).filter(line_id="gate")
    assert of_gate["count"].sum() == counted
    assert queries.days(release, selection, "gate")["count"].sum() == counted
    assert queries.series(release, replace(selection, interval="hour"), "gate")["count"].sum() == counted
    assert queries.series(release, replace(selection, interval="quarter"), "gate")["count"].sum() == counted
    assert queries.occupancy(release, selection).is_empty() == (counted == 0)


def test_the_days_of_a_cell_add_up_to_its_density_and_speed(counted_day):
    release, selection = open_latest(counted_day.settings.data / "released"), builders.selection()
    cells = queries.occupancy(release, selection)
    busiest = cells.sort("density_per_m2").row(-1, named=True)
    days = queries.cell_by_day(release, selection, (busiest["cell_x"], busiest["cell_y"]))
    assert days["presence_s"].sum() / days["observed_s"].sum() == pytest.approx(busiest["density_per_m2"])
    assert days["way_m"].sum() / days["presence_s"].sum() == pytest.approx(busiest["speed_m_s"])


def test_data_quality_shows_the_certificate_and_whether_the_camera_moved(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "quality")
    headers = [header.value for header in test.header]
    assert "Calibration certificate" in headers
    assert "Has the camera moved?" in headers
    metrics = {m.label: m.value for m in test.metric}
    assert int(metrics["Control points"]) >= 4
    assert metrics["Area between them"].endswith(" m²")


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory):
    """Two weeks of a small site and of a larger one."""
    data = tmp_path_factory.mktemp("two_sites")
    write_city(data / "released", sites=2, first=date(2026, 5, 18))
    return data


def test_two_sites_are_compared_over_the_same_days(monkeypatch, two_sites):
    chosen = {"site": "Site 001", "with": "another site", "period": "Everything"}
    test = view(monkeypatch, two_sites, "compare", **chosen)
    assert not test.exception
    assert "Site 000 against Site 001, Mon 18 May 2026" in texts(test)
    (told,) = (element.value for element in test.get("table"))
    assert told["Road users"].to_list()[0] == "All chosen road users"
    # The larger site is 1.42 times the smaller one: (0.3 + 1 / 8) / 0.3.
    assert told["difference"].to_list()[0] in {"+41 %", "+42 %", "+43 %"}
    assert "another site" not in texts(view(monkeypatch, two_sites, "overview"))


def test_one_site_is_offered_no_other(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "compare")
    (offered,) = (group for group in test.button_group if group.key == "with")
    assert list(offered.options) == ["the weeks before", "a year before", "own dates"]


def test_without_a_class_the_page_asks_for_one(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "site")
    test.button_group(key="who").set_value([]).run()
    assert not test.exception
    assert "Choose at least one kind of road user." in texts(test)


def test_before_the_first_release_the_app_says_what_to_do(monkeypatch, tmp_path):
    test = app(monkeypatch, tmp_path)
    assert not test.exception
    assert "make demo" in texts(test)


@pytest.mark.parametrize("damage", ["pointer", "table", "older column", "older tables"])
def test_a_damaged_release_says_what_to_do_and_shows_no_traceback(monkeypatch, counted_day, tmp_path, damage):
    shutil.copytree(counted_day.settings.released, tmp_path / "released")
    planner = tmp_path / "released" / "planner"
    if damage == "pointer":
        (planner / "latest.json").write_text("{")
    else:
        described = planner / json.loads((planner / "latest.json").read_text())["manifest"]
        manifest = json.loads(described.read_text())
        sites = planner / manifest["tables"]["sites"]["files"][0]["path"]
        if damage == "older tables":
            del manifest["tables"]["annotations"], manifest["tables"]["flow_daily"]
            described.write_text(json.dumps(manifest))
        elif damage == "older column":
            pl.read_parquet(sites).drop("overlapping_views").write_parquet(sites)
        else:
            sites.write_bytes(b"no table")
    st.cache_data.clear()  # of the same release undamaged
    test = app(monkeypatch, tmp_path)
    assert not test.exception
    assert "passant run" in test.error[0].value


def test_the_app_opens_on_the_overview(monkeypatch, counted_day):
    test = app(monkeypatch, counted_day.settings.data)
    assert not test.exception
    assert test.title[0].value == "Overview"


@pytest.mark.parametrize(
    ("values", "digits"), [([1, 2, None], 0), ([1.0, None], 0), ([10.0, 4.6], 1), ([51.74, 10.0], 2), ([1 / 3], 2)]
)
def test_the_numbers_of_a_column_have_the_decimals_they_need(values, digits):
    assert _digits(pl.Series(values)) == digits


def test_no_text_becomes_a_formula_in_a_spreadsheet():
    rows = pl.DataFrame({"name": ["=HYPERLINK(1)", "+1", "@a", "-b", "fine", None], "count": [1, 2, 3, 4, 5, None]})
    lines = to_csv(rows).decode().splitlines()
    assert lines[1:] == ["'=HYPERLINK(1),1", "'+1,2", "'@a,3", "'-b,4", "fine,5", ","]
