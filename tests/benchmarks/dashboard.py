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

import numpy as np
import plotly.graph_objects as go
from streamlit.testing.v1 import AppTest

from dashboards.release import _open, open_latest
from dashboards.views import frame
from dashboards.words import words
from tests import city, city_places
from tests.benchmarks.bench import cpu_s, report

VIEWS = ("overview", "site", "compare", "quality")
# Those that need positions, movements, speeds or conflicts, which the last days of the first sites have.
PLACE_VIEWS = ("place", "movements", "plaza", "speeds", "conflicts")
LAYERS = ("Density", "Flow", "Speed", "Desire lines")
READERS = 20
SELECTIONS = 50
# The longest periods for which a quarter-hour and an hour are offered, on a site that has both.
FULLEST = ((16, "15 min"), (62, "hour"))
# How often a reader has clicked an hour of the week, which leaves little else of a page to draw.
ONE_HOUR = 0.25
Choice = dict[str, str | list[str]]
FIRST_PAGE_S, INTERACTION_S, MARKS = 2.0, 0.5, 5_000
MEMORY_MB = 1_000.0
# Of every page that is run without a browser.
_WARNS = "streamlit.runtime.scriptrunner_utils.script_run_context"


def bench_dashboard() -> None:
    """First page, interactions, marks and memory."""
    logging.getLogger(_WARNS).disabled = True
    with TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"PASSANT_DATA": folder}):
        city.write_city(Path(folder) / "released")
        _first_page()
        marks: list[int] = []
        with _counting(marks):
            for view in VIEWS:
                _interactions(view)
            for view in PLACE_VIEWS:
                _interactions(view, _recent_choice)
            for days, interval in FULLEST:
                _page("site", _last(days, interval))()
        _memory_per_reader()
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


def _choice(chosen: random.Random) -> Choice:
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
        **({"hour": f"{chosen.randint(1, 7)}_{chosen.randrange(24)}"} if chosen.random() < ONE_HOUR else {}),
    }


def _recent_choice(chosen: random.Random) -> Choice:
    """A selection of days and sites that have positions, and a layer of the map."""
    first = city.LAST - timedelta(days=chosen.randrange(city.DAYS_IN_FULL))
    return {
        **_choice(chosen),
        "site": f"Site {chosen.randrange(city.SITES_IN_FULL):03d}",
        "dates": [str(first), str(city.LAST)],
        "who": [words("en").road_user("pedestrian"), words("en").road_user("car")],
        "layer": chosen.choice(LAYERS),
        "cell": f"{chosen.randrange(city_places.CELLS_X)}_{chosen.randrange(city_places.CELLS_Y)}",
    }


def _interactions(view: str, choose: Callable[[random.Random], Choice] = _choice) -> None:
    """A page again and again, each time with another site, period, classes, direction and days."""
    chosen = random.Random(view)
    times = [cpu_s(_page(view, choose(chosen))) for _ in range(SELECTIONS)]
    cpu, wall = (sorted(values) for values in zip(*times, strict=True))
    p95, middle = int(0.95 * SELECTIONS), SELECTIONS // 2
    print(f"# {view}: {1000 * cpu[middle]:.0f} cpu-ms, p95 {1000 * cpu[p95]:.0f} (wall {1000 * wall[p95]:.0f})")
    report(f"dashboard_{view}_p95", INTERACTION_S / cpu[p95], 1.0)


def _last(days: int, interval: str) -> Choice:
    """The last days of the first site, everybody, both ways."""
    first = city.LAST - timedelta(days=days - 1)
    return {"site": "Site 000", "period": "Own dates", "dates": [str(first), str(city.LAST)], "interval": interval}


def _memory_per_reader() -> None:
    """What this process grows by for one more reader of the map, whose page and choices it keeps."""
    readers, before = [], _resident_mb()
    for _ in range(READERS):
        readers.append(_page("place", _last(7, "day")))
        readers[-1]()
    print(f"# memory per reader: {(_resident_mb() - before) / READERS:.1f} MB, over {READERS} readers of the map")


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024**2


def _page(view: str, choice: Choice) -> Callable[[], object]:
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


def _as_chosen(test: AppTest, choice: Choice) -> None:
    _without_exception(test.run())
    # A period of one day is told once.
    if {str(day) for day in test.date_input(key="dates").value} != set(choice["dates"]):
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
    """Cells, points and bars that are drawn; a cell without a value is not."""
    z = getattr(trace, "z", None)
    if z is not None:
        return int(np.count_nonzero(~np.isnan(np.asarray(z, dtype=float))))
    x = getattr(trace, "x", None)
    return 0 if x is None else len(x)
