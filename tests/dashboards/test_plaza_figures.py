import polars as pl
import pytest

from dashboards import figures
from dashboards.figures.plaza import LEVEL_COLOURS
from dashboards.words import words

SAY = words("en")


def levels(probability):
    rows = {"standard": ["Fruin 1971, walkway", "Own, ramp"], "letter": ["A", "A"], "quarters": [3, 4]}
    rows |= {"rank": [1, 1], "ranks": [6, 6]}
    return pl.DataFrame(rows).with_columns(probability=pl.Series([probability] * 2, dtype=pl.Float64))


def test_a_standard_is_told_in_the_readers_language_where_it_is_known():
    (bar,) = figures.levels(levels(None), words("de")).data
    assert list(bar.y) == ["Fruin 1971<br>Gehweg", "Own<br>ramp"]


@pytest.mark.parametrize(("probability", "told"), [(None, ""), (0.8, "<br>probability: 80 %")])
def test_a_letter_is_as_probable_as_the_counts_say_and_never_without_them(probability, told):
    (bar,) = figures.levels(levels(probability), SAY).data
    assert list(bar.customdata) == [told, told]


@pytest.mark.parametrize(("median_s", "axis", "value"), [(10.0, "seconds", 10.0), (600.0, "minutes", 10.0)])
def test_short_stays_are_told_in_seconds(median_s, axis, value):
    rows = {"kind": ["presence"], "hour": [8], "median_s": [median_s], "p25_s": [1.0], "p75_s": [None]}
    bounds = pl.lit(median_s).alias("median_lo95_s"), pl.lit(None, pl.Float64).alias("median_hi95_s")
    figure = figures.stays(pl.DataFrame(rows).with_columns(bounds), SAY)
    assert (figure.layout.yaxis.title.text, figure.data[0].y[0]) == (axis, value)
    assert list(figure.data[1].y) == [pytest.approx(value / median_s), None]


def test_letters_of_standards_with_more_of_them_keep_their_order_and_their_shades():
    rows = pl.DataFrame(
        [
            ("six", "A", 1, 6),
            ("six", "F", 6, 6),
            ("eleven", "A+", 1, 11),
            ("eleven", "A", 2, 11),
            ("eleven", "E", 11, 11),
        ],
        schema=["standard", "letter", "rank", "ranks"],
        orient="row",
    ).with_columns(quarters=1, probability=pl.lit(None, pl.Float64))
    traces = figures.levels(rows, SAY).data
    assert [trace.name for trace in traces] == ["A+", "A", "F", "E"]
    best, worst = LEVEL_COLOURS[0], LEVEL_COLOURS[-1]
    assert [list(trace.marker.color) for trace in traces] == [[best], [best, best], [worst], [worst]]
