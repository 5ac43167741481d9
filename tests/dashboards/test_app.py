from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.views.downloads import to_csv

PAGES = ("map", "trends", "downloads")


def app(monkeypatch, data):
    monkeypatch.setenv("PASSANT_DATA", str(data))
    return AppTest.from_file(Path("dashboards/app.py").resolve(), default_timeout=60).run()


def view(monkeypatch, data, name):
    """One page on its own, as AppTest reaches pages made of functions only through the app."""
    monkeypatch.setenv("PASSANT_DATA", str(data))

    def script(name):
        from dashboards.release import data_folder, open_latest
        from dashboards.views import downloads, place, trends

        {"map": place, "trends": trends, "downloads": downloads}[name].show(open_latest(data_folder() / "released"))

    test = AppTest.from_function(script, args=(name,), default_timeout=60)
    return test.run()


def texts(test):
    return " ".join(
        str(e.value)
        for kind in ("title", "subheader", "caption", "markdown", "info", "warning")
        for e in test.get(kind)
    )


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_the_small_day(monkeypatch, counted_day, name):
    test = view(monkeypatch, counted_day.settings.data, name)
    assert not test.exception
    assert test.title[0].value == name.capitalize()


def test_the_map_says_what_it_rests_on(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "map")
    metrics = {m.label: m.value for m in test.metric}
    assert metrics["Observed"] == "0 min 04 s"
    assert metrics["Of the recorded time"] == "100%"
    assert metrics["Uncertainty"] == "not validated"
    assert "Simulated" in texts(test)


def test_trends_say_when_history_is_short(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "trends")
    assert "Not enough history" in texts(test)
    assert "Gate: 2 crossings in 0 min 04 s observed" in texts(test)


def test_choosing_a_line_changes_the_page(monkeypatch, counted_day):
    test = view(monkeypatch, counted_day.settings.data, "trends")
    test.selectbox(key="line").select("gate_px").run()
    assert "Gate (pixels)" in texts(test)


def test_before_the_first_release_the_app_says_what_to_do(monkeypatch, tmp_path):
    test = app(monkeypatch, tmp_path)
    assert not test.exception
    assert "make demo" in texts(test)


def test_the_app_opens_on_the_map(monkeypatch, counted_day):
    test = app(monkeypatch, counted_day.settings.data)
    assert not test.exception
    assert test.title[0].value == "Map"


def test_no_text_becomes_a_formula_in_a_spreadsheet():
    rows = pl.DataFrame({"name": ["=HYPERLINK(1)", "+1", "@a", "-b", "fine", None], "count": [1, 2, 3, 4, 5, None]})
    lines = to_csv(rows).decode().splitlines()
    assert lines[1:] == ["'=HYPERLINK(1),1", "'+1,2", "'@a,3", "'-b,4", "fine,5", ","]
