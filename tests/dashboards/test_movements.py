"""What is said of ways through a junction whose gates were not looked at all the time."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from dashboards import figures, queries
from dashboards.release import Release, open_latest
from dashboards.views.movements import pairs_of_gates
from dashboards.words import words
from tests import builders

SAY = words("en")
START = datetime(2026, 6, 10, 8)
GATES = pl.DataFrame(
    {"line_id": ["a", "b"], "name": ["A", "B"], "camera_id": ["pole", "pole"], "space": ["ground", "ground"]}
)
WAYS = {"entry_line_id": pl.String, "exit_line_id": pl.String, "count": pl.Int64}


def observed_gates(tmp_path, junction="square", **coverage):
    """The hours of pairs of gates, each looked at for these shares of two hours; people were followed in both.

    Somebody was followed who crossed no gate of ``junction``.
    """
    hours = [START, START + timedelta(hours=1)]
    of_site = {"site_id": "s", "road_user": "pedestrian"}
    lines = [
        {**of_site, "line_id": line, "hour_start_utc": hour, "hour_start_local": hour, "coverage": share}
        for line, shares in coverage.items()
        for hour, share in zip(hours, shares, strict=True)
    ]
    quarters = [
        {**of_site, "camera_id": "pole", "interval_start_utc": at, "interval_start_local": at}
        | {"coverage": 1.0, "position_coverage": 1.0}
        for at in (hour + timedelta(minutes=15 * i) for hour in hours for i in range(4))
    ]
    somebody = [{"site_id": "s", "junction_id": junction, "interval_start_local": START}]
    tables = {}
    for name, rows in (("flow_hourly", lines), ("coverage", quarters), ("movements", somebody)):
        pl.DataFrame(rows).write_parquet(tmp_path / f"{name}.parquet")
        tables[name] = {"files": [{"path": f"{name}.parquet", "site_id": "s", "month": "2026-06", "day": None}]}
    release = Release(tmp_path, {"version": str(tmp_path), "tables": tables})
    selection = builders.selection(
        site_id="s", road_users=("pedestrian",), first_day=date(2026, 6, 10), last_day=date(2026, 6, 10)
    )
    found = queries.gates_observed(release, selection, "square", GATES)
    return dict(zip(found.select("entry_line_id", "exit_line_id").iter_rows(), found["observed_h"], strict=True))


def test_a_pair_of_gates_is_observed_while_both_are(tmp_path):
    hours = observed_gates(tmp_path, a=(1.0, 1.0), b=(0.0, 0.5))
    assert hours == {("a", "a"): 2.0, ("a", "b"): 0.5, ("b", "a"): 0.5, ("b", "b"): 0.5}


def test_a_gate_drawn_after_the_period_was_never_observed(tmp_path):
    assert observed_gates(tmp_path, a=(1.0, 1.0), b=(0.0, 0.0)) == {("a", "a"): 2.0}


def test_a_junction_declared_after_the_period_was_never_observed(tmp_path):
    assert observed_gates(tmp_path, junction="another", a=(1.0, 1.0), b=(1.0, 1.0)) == {}


@pytest.mark.slow
def test_a_day_counted_before_a_gate_was_drawn_says_nothing_of_its_ways(tmp_path):
    """From recordings to the page: a day, then a gate and a junction, then another day."""
    settings = builders.counted_day(tmp_path).settings
    builders.write_junction_site(settings.data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-11_08-14-58.mp4")
    builders.run_day(builders.site_day(settings, date(2026, 6, 11)))
    release = open_latest(settings.released)
    gates = queries.lines(release, "crossroads").filter(pl.col("line_id").is_in(["gate_px", "west_px"]))
    hours = [
        queries.gates_observed(release, builders.selection(first_day=day, last_day=day), "square", gates)
        for day in (date(2026, 6, 10), date(2026, 6, 11))
    ]
    assert [one.height for one in hours] == [0, 4]
    assert hours[1]["observed_h"].to_list() == pytest.approx([4 / 3600] * 4)


def pairs(rows, *observed):
    ways = pl.DataFrame(rows, schema=WAYS, orient="row")
    schema = {**dict(list(WAYS.items())[:2]), "observed_h": pl.Float64}
    return pairs_of_gates(["a", "b"], ways, pl.DataFrame(list(observed), schema=schema, orient="row"))


@pytest.mark.parametrize(
    ("observed", "counts"),
    [
        ([("a", "a", 1.0), ("a", "b", 1.0), ("b", "a", 1.0), ("b", "b", 1.0)], [0, 5, 2, 0, 0, 0, 0, 0]),
        ([("a", "a", 1.0)], [0, 5, 2, None, None, None, 0, None]),
    ],
    ids=["both gates", "one gate"],
)
def test_a_way_nobody_went_is_a_zero_only_where_it_was_observed(observed, counts):
    found = pairs([("a", "b", 5), ("a", None, 2)], *observed)
    ways = [("a", "a"), ("a", "b"), ("a", None), ("b", "a"), ("b", "b"), ("b", None), (None, "a"), (None, "b")]
    assert list(found.select("entry_line_id", "exit_line_id").iter_rows()) == ways
    assert found["count"].to_list() == counts


def test_the_matrix_says_what_was_not_observed():
    figure = figures.matrix(GATES, pairs([("a", None, 2)], ("a", "a", 1.0)), SAY)
    assert list(figure.data[0].text[0]) == ["0", "", "2"]
    assert [(note.y, note.x) for note in figure.layout.annotations if note.text == "n/o"] == [
        ("A", "B"), ("B", "A"), ("B", "B"), ("B", "not seen"), ("not seen", "B"),
    ]  # fmt: skip
