from datetime import datetime, timedelta

import polars as pl
import pytest

from dashboards import figures

LINES = pl.DataFrame(
    {
        "name": ["Gate"],
        "forward": ["east"],
        "backward": ["west"],
        "path_wkt": ["LINESTRING (0.0 0.0, 0.0 10.0)"],
        "forward_count": [12],
        "backward_count": pl.Series([None], dtype=pl.Int64),
    }
)
CELLS = pl.DataFrame({"cell_x": [-2, 3], "cell_y": [1, 4], "density_per_m2": [0.01, 0.05]})
PLAN = [{"kind": "plaza", "outline_m": [[-5, 0], [5, 0], [5, 8], [-5, 8]]}]


def test_cells_lie_where_they_are():
    figure = figures.heatmap_on_plan(PLAN, CELLS, LINES)
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    assert heat.z.shape == (4, 6)
    assert (heat.z[0][0], heat.z[3][5]) == pytest.approx((1.0, 5.0))
    assert (heat.x[0], heat.y[-1]) == (-1.5, 4.5)


def test_forward_points_to_the_right_of_the_line():
    figure = figures.heatmap_on_plan(PLAN, CELLS, LINES)
    arrow = next(a for a in figure.layout.annotations if a.arrowcolor == figures.FORWARD)
    assert arrow.x > 0
    assert arrow.y == pytest.approx(5.0)


def test_a_bent_line_is_drawn_with_its_corners_and_arrows_half_way():
    bent = LINES.with_columns(path_wkt=pl.lit("LINESTRING (0.0 0.0, 0.0 2.0, 6.0 2.0)"))
    figure = figures.heatmap_on_plan(PLAN, CELLS, bent)
    drawn = next(trace for trace in figure.data if trace.type == "scatter")
    assert list(zip(drawn.x, drawn.y, strict=True)) == [(0, 0), (0, 2), (6, 2)]
    arrow = next(a for a in figure.layout.annotations if a.arrowcolor == figures.FORWARD)
    assert arrow.x == pytest.approx(2.0)
    assert arrow.y < 2


def test_what_was_not_observed_is_never_a_zero():
    texts = [a.text for a in figures.heatmap_on_plan(PLAN, CELLS, LINES).layout.annotations]
    assert "<b>12</b>" in texts
    assert "<b>n/o</b>" in texts
    assert "<b>0</b>" not in texts


def test_a_map_of_nothing_is_still_a_plan():
    figure = figures.heatmap_on_plan(PLAN, CELLS.head(0), LINES.head(0))
    assert len(figure.layout.shapes) == 2


def series():
    start = datetime(2026, 6, 10, 8)
    rows = [
        (direction, start + timedelta(minutes=15 * i), count, coverage)
        for direction in ("forward", "backward")
        for i, (count, coverage) in enumerate([(None, 0.0), (None, 0.0), (6, 0.5), (0, 1.0)])
    ]
    return pl.DataFrame(rows, schema=["direction", "interval_start_local", "count", "coverage"], orient="row")


def test_unobserved_time_is_grey_and_has_no_bar():
    figure = figures.flow_series(series(), {"forward": "east", "backward": "west"}, per_hour=False)
    assert list(figure.data[0].y) == [None, None, 6, 0]
    assert list(figure.data[1].y) == [None, None, -6, 0]
    (grey,) = figure.layout.shapes
    assert (grey.x0, grey.x1) == (datetime(2026, 6, 10, 8), datetime(2026, 6, 10, 8, 30))


def test_rates_are_per_observed_hour():
    figure = figures.flow_series(series(), {"forward": "east", "backward": "west"}, per_hour=True)
    assert figure.data[0].y[2] == pytest.approx(6 / (0.5 * 0.25))


def test_an_hour_never_observed_is_empty():
    week = pl.DataFrame(
        {"weekday": [3, 3], "hour": [8, 9], "per_hour": [120.0, None], "observed_h": [0.5, 0.0], "days": [1, 0]}
    )
    heat = figures.hour_by_weekday(week).data[0]
    assert heat.z[2][8] == 120
    assert heat.z[2][9] != heat.z[2][9]
    assert heat.customdata[2][9] == "not observed"


def test_nothing_is_sent_to_a_cloud():
    assert figures.CONFIG["showSendToCloud"] is False
