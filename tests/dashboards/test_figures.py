import math
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from dashboards import design, figures
from dashboards.figures import plan
from dashboards.figures.series import smoothed
from dashboards.words import words

SAY = words("en")

LINES = pl.DataFrame(
    {
        "line_id": ["gate"],
        "name": ["Gate"],
        "forward": ["east"],
        "backward": ["west"],
        "path_m": [[[0.0, 0.0], [0.0, 10.0]]],
        "forward_count": [12],
        "backward_count": pl.Series([None], dtype=pl.Int64),
    }
)
CELLS = pl.DataFrame(
    {
        "cell_x": [-2, 3],
        "cell_y": [1, 4],
        "density_per_m2": [0.01, 0.05],
        "vx_m_s": [1.0, 0.0],
        "vy_m_s": [0.0, -0.5],
        "speed_m_s": [1.2, 0.7],
    }
)
PLAN = [{"kind": "plaza", "outline_m": [[-5, 0], [5, 0], [5, 8], [-5, 8]]}]


NAMES = {"forward": "east", "backward": "west"}


def test_cells_lie_where_they_are():
    figure = figures.heatmap_on_plan(PLAN, CELLS, LINES, SAY)
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    assert heat.z.shape == (4, 6)
    assert (heat.z[0][0], heat.z[3][5]) == pytest.approx((1.0, 5.0))
    assert (heat.x[0], heat.y[-1]) == (-1.5, 4.5)


def test_forward_points_to_the_right_of_the_line():
    figure = figures.volumes_on_plan(PLAN, LINES, SAY)
    arrow = next(trace for trace in figure.data if trace.fillcolor == design.FORWARD)
    line = LINES["path_m"][0]
    assert min(arrow.x) > line[0][0]
    assert arrow.y[list(arrow.x).index(max(arrow.x))] == pytest.approx(5.0)  # its tip


def test_numbers_on_a_plan_cover_neither_each_other_nor_a_lines_dot():
    near = pl.concat(
        LINES.head(1).with_columns(
            line_id=pl.lit(f"line_{i}"),
            path_m=pl.Series([[[float(i), 0.0], [float(i), 8.0]]]),
            forward_count=10_000 * (i + 1),
            backward_count=10_000,
        )
        for i in range(4)
    )
    arrows = plan.count_arrows(near, SAY, unit=0.5)
    half = [(0.5 * (0.36 * len(arrow.told) + 0.4), 0.5 * 0.85) for arrow in arrows]
    for i, (one, (a, b)) in enumerate(zip(arrows, half, strict=True)):
        for other, (c, d) in zip(arrows[:i], half[:i], strict=True):
            apart = abs(one.label - other.label)
            assert apart[0] >= a + c or apart[1] >= b + d


def test_the_widest_arrow_has_the_highest_count():
    arrows = plan.count_arrows(LINES, SAY, unit=1.0)
    told = {arrow.told: arrow.width for arrow in arrows}
    assert max(told, key=told.get) == "12"


def test_a_cell_without_a_velocity_has_no_arrow_and_spoils_no_other():
    where = pl.int_range(pl.len()) > 0
    cells = CELLS.with_columns(vx_m_s=pl.when(where).then(pl.col("vx_m_s").cast(pl.Float64)))
    arrows = figures.flow_on_plan(PLAN, cells, LINES, SAY).data[0]
    assert len(arrows.x) == cells.height - 1


def test_arrows_of_flow_point_the_way_it_goes():
    arrows = figures.flow_on_plan(PLAN, CELLS, LINES, SAY).data[0]
    assert [angle % 360 for angle in arrows.marker.angle] == pytest.approx([90.0, 180.0])  # clockwise from north
    assert list(arrows.customdata) == pytest.approx([1.0, 0.5])


def test_what_was_not_observed_is_never_a_zero():
    texts = [a.text for a in figures.volumes_on_plan(PLAN, LINES, SAY).layout.annotations]
    assert "<b>12</b>" in texts
    assert "<b>n/o</b>" in texts
    assert "<b>0</b>" not in texts


CELL_LAYERS = [figures.heatmap_on_plan, figures.flow_on_plan, figures.speed_on_plan]


@pytest.mark.parametrize("draw", CELL_LAYERS)
def test_a_lines_dot_is_at_its_middle_and_carries_its_id(draw):
    dot = draw(PLAN, CELLS, LINES, SAY).data[-1]
    assert list(dot.customdata[0]) == ["gate"]
    assert (dot.x[0], dot.y[0]) == (0.0, 5.0)


SITES = pl.DataFrame(
    {
        "site_id": ["a", "b", "c"],
        "name": ["A", "B", "C"],
        "lon": [13.7, None, 13.8],
        "lat": [51.0, None, 51.0],
        "per_day": [100.0, 50.0, None],
        "coverage": [1.0, 1.0, 0.2],
        "last_day": [date(2026, 6, 10), date(2026, 6, 10), date(2026, 5, 1)],
    }
)


def test_a_site_on_the_map_carries_its_id_and_shows_how_fresh_and_how_well_observed_it_is():
    (marks,) = figures.site_map(SITES, SAY).data
    assert [row[0] for row in marks.customdata] == ["a", "c"]
    assert "no whole day" in marks.customdata[1][1]
    assert "20 % observed" in marks.customdata[1][1]
    assert marks.marker.opacity[0] > marks.marker.opacity[1]
    assert [width > 1 for width in marks.marker.line.width] == [False, True]


def test_the_scale_of_the_site_map_is_as_long_as_it_says():
    figure = figures.site_map(SITES, SAY)
    (bar,) = figure.layout.shapes
    (text,) = [a.text for a in figure.layout.annotations]
    assert text == "1 km"
    assert (bar.x1 - bar.x0) * 111.32 * math.cos(math.radians(51)) == pytest.approx(1.0)


@pytest.mark.parametrize("draw", CELL_LAYERS)
def test_a_map_of_nothing_is_still_a_plan(draw):
    # The plaza, the scale and north.
    assert len(draw(PLAN, CELLS.head(0), LINES.head(0), SAY).layout.shapes) == 3


def series():
    start = datetime(2026, 6, 10, 8)
    rows = [
        (direction, start + timedelta(minutes=15 * i), count, coverage, coverage / 4)
        for direction in ("forward", "backward")
        for i, (count, coverage) in enumerate([(None, 0.0), (None, 0.0), (6, 0.5), (0, 1.0)])
    ]
    return pl.DataFrame(rows, schema=["direction", "start_local", "count", "coverage", "observed_h"], orient="row")


def test_unobserved_time_is_grey_and_has_no_bar():
    figure = figures.by_direction(series(), NAMES, "quarter", SAY, is_rate=False)
    assert list(figure.data[0].y) == [None, None, 6, 0]
    assert list(figure.data[1].y) == [None, None, -6, 0]
    (grey,) = figure.layout.shapes
    assert (grey.x0, grey.x1) == (datetime(2026, 6, 10, 8), datetime(2026, 6, 10, 8, 30))


def test_rates_are_per_observed_hour():
    figure = figures.by_direction(series(), NAMES, "quarter", SAY, is_rate=True)
    assert figure.data[0].y[2] == pytest.approx(6 / (0.5 * 0.25))


def test_one_direction_alone_goes_up():
    figure = figures.by_direction(series(), {"backward": "west"}, "quarter", SAY, is_rate=False)
    assert figure.data[0].y[2] == 6


NO_EVENT = pl.DataFrame(schema={"first_day": pl.Date, "last_day": pl.Date, "text": pl.String})


def days(counts, coverage=1.0, first=date(2026, 6, 1)):
    return pl.DataFrame(
        {
            "day": [first + timedelta(days=i) for i in range(len(counts))],
            "count": pl.Series(counts, dtype=pl.Int64),
            "coverage": [0.0 if c is None else coverage for c in counts],
        }
    )


def test_the_trend_has_a_gap_where_nobody_looked():
    figure = figures.trend(days([10] * 8 + [None] * 8 + [10] * 8), NO_EVENT, SAY)
    mean = figure.data[-1].y
    assert mean[4] == pytest.approx(10)
    assert mean[11] is None
    assert figure.layout.shapes[0].x0 == date(2026, 6, 9)


def test_a_thin_day_is_hollow_and_out_of_the_mean():
    rows = days([10] * 14).with_columns(
        count=pl.when(pl.col("day") == date(2026, 6, 7)).then(1).otherwise("count"),
        coverage=pl.when(pl.col("day") == date(2026, 6, 7)).then(0.2).otherwise("coverage"),
    )
    figure = figures.trend(rows, NO_EVENT, SAY)
    hollow = next(t for t in figure.data if t.marker.symbol == "circle-open")
    assert list(hollow.y) == [1]
    assert figure.data[-1].y[6] == pytest.approx(10)


def test_a_half_observed_day_pulls_no_mean_down():
    rows = days([10] * 7 + [5] + [10] * 6).with_columns(
        coverage=pl.when(pl.col("count") == 5).then(0.5).otherwise(pl.col("coverage"))
    )
    assert set(smoothed(rows)["mean"].drop_nulls().to_list()) == {10.0}


def test_weather_stands_below_the_trend_and_is_empty_where_it_is_not_known():
    rows = days([10] * 14).with_columns(
        precipitation_mm=pl.Series([2.5] + [None] * 13, dtype=pl.Float64),
        temperature_c=pl.Series([12.0] + [None] * 13, dtype=pl.Float64),
    )
    figure = figures.trend(rows, NO_EVENT, SAY)
    rain = next(trace for trace in figure.data if trace.yaxis == "y3")
    assert rain.y[:2] == (2.5, None)
    assert rain.customdata[0] == "2.5 mm, 12.0 °C"
    assert figure.layout.yaxis3.domain[1] < figure.layout.yaxis.domain[0]
    known = rows.with_columns(precipitation_mm=pl.lit(None, pl.Float64))
    assert all(trace.yaxis != "y3" for trace in figures.trend(known, NO_EVENT, SAY).data)


def test_an_hour_that_nobody_observed_is_grey_between_the_directions():
    rows = pl.DataFrame(
        {"direction": ["forward"] * 24, "hour": range(24), "per_hour": [None] * 20 + [0.0, 1.0, 2.0, 3.0]}
    )
    figure = figures.butterfly(rows, NAMES, SAY, hours=(21,))
    assert [shape.y0 + 0.5 for shape in figure.layout.shapes] == list(range(20))
    assert [figure.data[0].marker.opacity[hour] == 1 for hour in (20, 21, 22)] == [False, True, False]


def test_days_without_a_row_are_grey_between_those_with_one():
    rows = pl.DataFrame(
        {
            "direction": ["forward"] * 2,
            "start_local": [datetime(2026, 6, 1), datetime(2026, 6, 3)],
            "count": [5, 7],
            "coverage": [1.0, 1.0],
            "observed_h": [24.0, 24.0],
        }
    )
    figure = figures.by_direction(rows, {"forward": "east"}, "day", SAY, is_rate=False, unseen=[date(2026, 6, 2)])
    (grey,) = figure.layout.shapes
    assert (grey.x0, grey.x1) == (datetime(2026, 6, 2), datetime(2026, 6, 3))


def test_events_are_marked_on_the_trend():
    event = pl.DataFrame({"first_day": [date(2026, 6, 3)], "last_day": [date(2026, 6, 3)], "text": ["New crossing"]})
    figure = figures.trend(days([10] * 14), event, SAY)
    assert [a.text for a in figure.layout.annotations] == ["New crossing"]


def test_events_that_crowd_keep_their_marks_and_drop_names():
    text = ["Farmers' market, street closed to motor traffic"] * 14
    event = pl.DataFrame({"first_day": days([1] * 14)["day"], "last_day": days([1] * 14)["day"], "text": text})
    figure = figures.trend(days([10] * 14), event, SAY)
    names = [(a.x, a.yshift) for a in figure.layout.annotations]
    assert len(set(names)) == len(names) < 14
    assert len(figure.data[-1].x) == 14


def test_an_hour_never_observed_is_empty():
    week = pl.DataFrame(
        {"weekday": [3, 3], "hour": [8, 9], "per_hour": [120.0, None], "observed_h": [0.5, 0.0], "days": [1, 0]}
    )
    heat, marks = figures.hour_by_weekday(week, SAY).data
    assert heat.z[2][8] == 120
    assert heat.z[2][9] != heat.z[2][9]
    told = dict(marks.customdata)
    assert told["hour:3_9"] == "not observed"
    assert told["hour:3_8"].startswith("120 per hour")
    at = [data[0] for data in marks.customdata].index("hour:3_8")
    assert (marks.x[at], marks.y[at]) == ("08", SAY.weekdays[2])


@pytest.mark.parametrize("draw", CELL_LAYERS)
def test_every_cell_can_be_clicked_and_the_chosen_one_has_an_outline(draw):
    figure = draw(PLAN, CELLS, LINES, SAY, (-2, 1))
    marks = next(trace for trace in figure.data if trace.type == "scatter" and trace.marker.symbol == "square")
    expected = {f"cell:{x}_{y}" for x, y in CELLS.select("cell_x", "cell_y").iter_rows()}
    assert {data[0] for data in marks.customdata} == expected
    x, y = (int(number) for number in marks.customdata[0][0].removeprefix("cell:").split("_"))
    assert (marks.x[0], marks.y[0]) == (x + 0.5, y + 0.5)
    outline = next(shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (outline.x0, outline.x1, outline.y0, outline.y1) == (-2, -1, 1, 2)


def test_hours_without_a_count_are_crosses_and_no_bars():
    days = [date(2026, 6, 3), date(2026, 6, 10), date(2026, 6, 17)]
    rows = pl.DataFrame({"day": days, "count": [0, None, 7], "coverage": [1.0, 0.0, 0.5]})
    bars, crosses = figures.hour_history(rows, SAY).data
    assert list(zip(bars.x, bars.y, strict=True)) == [("2026-06-03", 0), ("2026-06-17", 7)]
    assert list(crosses.x) == ["2026-06-10"]


def test_the_hours_of_a_cell_that_nobody_observed_are_shaded():
    rows = pl.DataFrame({"hour": [8], "road_user": ["pedestrian"], "density_per_m2": [0.02]})
    figure = figures.density_by_hour(rows, SAY)
    assert figure.data[0].y == (2.0,)
    assert len(figure.layout.shapes) == 23


def test_the_calendar_leaves_days_without_a_recording_empty():
    rows = pl.DataFrame({"day": [date(2026, 6, 10)], "coverage": [0.25]})
    figure = figures.coverage(rows, date(2026, 6, 9), date(2026, 6, 16), SAY)
    heat = figure.data[0]
    assert figure.layout.xaxis.tick0 == "2026-06-08"  # a Monday
    assert heat.z.shape == (7, 2)
    assert heat.z[2][0] == 25
    assert heat.text[2][0] == "25 %"
    assert "not observed" in heat.customdata[1][0]
    assert heat.customdata[0][0] == ""  # before the period


def test_hours_that_nobody_observed_are_empty_and_say_so():
    rows = pl.DataFrame({"day": [date(2026, 6, 10)], "hour": [8], "coverage": [0.5]})
    heat = figures.uptime(rows, date(2026, 6, 9), date(2026, 6, 11), SAY).data[0]
    assert heat.z.shape == (24, 3)
    assert heat.z[8][1] == 50
    assert math.isnan(heat.z[9][1])
    assert "not observed" in heat.customdata[9][1]


def test_shares_add_up():
    rows = pl.DataFrame({"road_user": ["car", "tram"], "count": [75, 25]})
    figure = figures.class_split(rows, SAY)
    assert [trace.x[0] for trace in figure.data] == [75, 25]


def test_a_change_without_enough_days_is_said_and_not_drawn():
    rows = pl.DataFrame(
        {
            "name": ["a", "b"],
            "change": [0.1, None],
            "lo95": [0.05, None],
            "hi95": [0.2, None],
            "is_clear": [True, False],
            "days_before": [20, 1],
            "days_after": [20, 1],
        }
    )
    figure = figures.changes(rows, SAY)
    assert list(figure.data[0].y) == ["a"]
    assert [a.text for a in figure.layout.annotations] == ["not enough history"]


def test_every_class_has_its_colour_and_its_name():
    from dashboards.views.selection import ROAD_USERS

    assert set(ROAD_USERS) == set(design.ROAD_USER_COLOURS)
    assert len(set(design.ROAD_USER_COLOURS.values())) == len(ROAD_USERS)


def test_nothing_is_sent_to_a_cloud():
    assert design.config("x")["showSendToCloud"] is False


def test_a_small_picture_leaves_a_gap_where_a_day_has_no_value():
    rows = pl.DataFrame({"day": [date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)], "value": [10, None, 12]})
    (line,) = figures.sparkline(rows, SAY, "line").data
    assert list(line.y) == [10, None, 12]
    assert not line.connectgaps
    assert line.customdata[1].endswith("not observed")
