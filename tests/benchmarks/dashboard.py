"""The dashboard on a year of 200 sites: whole pages as a reader waits for them, without the browser.

A page is run as Streamlit runs it (script, queries and figures) on random selections, which no kept
answer holds. Seconds are CPU seconds of this process, all threads together, as everywhere in the
benchmarks; wall seconds stand beside them.
"""

from __future__ import annotations

import logging
import os
import random
import resource
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import plotly.graph_objects as go
from streamlit.testing.v1 import AppTest

from dashboards.release import _open, open_latest
from dashboards.views import frame
from dashboards.words import words
from tests import city
from tests.benchmarks.bench import cpu_s, report

VIEWS = ("overview", "site", "compare", "quality")
SELECTIONS = 50
# The longest periods for which a quarter-hour and an hour are offered, on a site that has both.
FULLEST = ((16, "15 min"), (62, "hour"))
FIRST_PAGE_S, INTERACTION_S, MARKS = 2.0, 0.5, 5_000
MEMORY_MB = 1_000.0


def bench_dashboard() -> None:
    """First page, interactions, marks and memory."""
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # it warns of every page run without a browser
    with TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"PASSANT_DATA": folder}):
        city.write_city(Path(folder) / "released")
        _first_page()
        marks: list[int] = []
        with _counting(marks):
            for view in VIEWS:
                _interactions(view)
            for days, interval in FULLEST:
                _page("site", _last(days, interval))()
        report("dashboard_marks", MARKS / max(marks), 1.0)
        print(f"# most marks in a chart: {max(marks)}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"# peak memory of this process, making the city included: {peak_mb:.0f} MB")
    report("dashboard_memory", MEMORY_MB / peak_mb, 1.0)


def _first_page() -> None:
    """The overview as the first reader of a release gets it, then as the next one does."""
    app = Path("dashboards/app.py").resolve()
    _open.cache_clear()
    cold, _ = cpu_s(lambda: _without_exception(AppTest.from_file(app, default_timeout=120).run()))
    open_latest(Path(os.environ["PASSANT_DATA"]) / "released")
    warm = [cpu_s(lambda: _without_exception(AppTest.from_file(app, default_timeout=120).run())) for _ in range(5)]
    cpu, wall = (statistics.median(times) for times in zip(*warm, strict=True))
    print(f"# first page: {cold:.2f} cpu-s where nothing is read yet, then {cpu:.2f} ({wall:.2f} wall)")
    report("dashboard_first_page_cold", FIRST_PAGE_S / cold, 1.0)
    report("dashboard_first_page", FIRST_PAGE_S / cpu, 1.0)


def _interactions(view: str) -> None:
    """A page again and again, each time with another site, period, classes, direction and days."""
    chosen = random.Random(view)
    times = [cpu_s(_page(view, _choice(chosen))) for _ in range(SELECTIONS)]
    cpu, wall = (sorted(values) for values in zip(*times, strict=True))
    p95, middle = int(0.95 * SELECTIONS), SELECTIONS // 2
    print(f"# {view}: {1000 * cpu[middle]:.0f} cpu-ms, p95 {1000 * cpu[p95]:.0f} (wall {1000 * wall[p95]:.0f})")
    report(f"dashboard_{view}_p95", INTERACTION_S / cpu[p95], 1.0)


def _choice(chosen: random.Random) -> dict[str, str | list[str]]:
    """A selection as an English link says it."""
    first = city.FIRST + timedelta(days=chosen.randrange(300))
    last = min(city.LAST, first + timedelta(days=chosen.choice([1, 6, 13, 27, 90, 364])))
    classes = chosen.sample(list(city.PER_HOUR), chosen.randint(1, len(city.PER_HOUR)))
    return {
        "site": chosen.choice(city.SITES).replace("site_", "Site "),
        "period": "Own dates",
        "dates": [str(first), str(last)],
        "who": [words("en").road_user(road_user) for road_user in classes],
        "direction": chosen.choice(["both", "forward", "backward"]),
        "interval": chosen.choice(["15 min", "hour", "day", "week"]),
        "day_type": chosen.choice(["all", "Monday to Friday", "weekends"]),
    }


def _last(days: int, interval: str) -> dict[str, str | list[str]]:
    """The last days of the first site, everybody, both ways."""
    first = city.LAST - timedelta(days=days - 1)
    return {"site": "Site 000", "period": "Own dates", "dates": [str(first), str(city.LAST)], "interval": interval}


def _page(view: str, choice: dict[str, str | list[str]]) -> Callable[[], object]:
    def script(view: str) -> None:
        import importlib

        from dashboards.release import data_folder, open_latest
        from dashboards.words import words

        page = importlib.import_module(f"dashboards.views.{view}")
        page.show(open_latest(data_folder() / "released"), words("en"))

    test = AppTest.from_function(script, args=(view,), default_timeout=120)
    for name, value in choice.items():
        test.query_params[name] = value
    return lambda: _as_chosen(test, choice)


def _as_chosen(test: AppTest, choice: dict[str, str | list[str]]) -> None:
    _without_exception(test.run())
    if [str(day) for day in test.date_input(key="dates").value] != choice["dates"]:
        raise RuntimeError(f"the page did not follow {choice}")


def _without_exception(test: AppTest) -> None:
    """Ends the benchmark where a page has failed, which would be quick."""
    if test.exception:
        raise RuntimeError(test.exception[0].message)


@contextmanager
def _counting(marks: list[int]) -> Iterator[None]:
    """Notes the marks of every chart that a page shows."""
    draw = frame.st.plotly_chart

    def noted(figure: go.Figure, **options: object) -> object:
        marks.append(sum(map(_marks, figure.data)) + len(figure.layout.shapes) + len(figure.layout.annotations))
        return draw(figure, **options)

    with mock.patch.object(frame.st, "plotly_chart", noted):
        yield


def _marks(trace: object) -> int:
    z = getattr(trace, "z", None)
    return int(z.size) if z is not None else len(getattr(trace, "x", None) or ())
