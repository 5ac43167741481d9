"""The planner tier: aggregates read from the warehouse, column by named column."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import dataframely as dy
import polars as pl

from pipelines.privacy import calibration, flows, places, roll_ups, space, traffic
from pipelines.warehouse.connection import Session
from pipelines.warehouse.statements import statement

PLANNER = "planner"


PER_DAY: dict[str, type[dy.Schema]] = {
    **flows.PER_DAY,
    **traffic.PER_DAY,
    **space.PER_DAY,
    **calibration.PER_DAY,
}
# A day of these is a file of its own, shared by every release in which it is the same; of others a month.
_CUT_BY_DAY = ("flow_counts", "occupancy")
PER_MONTH = roll_ups.PER_MONTH
# A month of these is one file of all sites, because a city asks them all at once.
OF_ALL_SITES = ("flow_daily", "flow_profiles", "flow_monthly")
# Single tracks are kept that long by default: until then a month can be counted anew from the lake.
FINAL_AFTER = timedelta(days=30)
DIMENSIONS: dict[str, type[dy.Schema]] = {
    **places.DIMENSIONS,
    **space.DIMENSIONS,
    **calibration.DIMENSIONS,
    **places.CONTEXT,
}
TABLES = {**PER_DAY, **PER_MONTH, **DIMENSIONS}


@dataclass(frozen=True)
class Month:
    """A site's released days of one month; the state changes when anything their rows are made from does.

    It is preliminary until ``FINAL_AFTER`` its last day, then final: what still changes is a revision.
    """

    site_id: str
    month: str
    days: tuple[date, ...]
    status: str
    state: str


@dataclass(frozen=True)
class ReleaseTable:
    """Rows that may leave: of one table, of a site's month or one day of it, or of all time (no month, no day)."""

    name: str
    rows: pl.DataFrame
    month: Month | None = None
    day: date | None = None


@dataclass(frozen=True)
class Held:
    """A site's local day that is held back, and why."""

    site_id: str
    day: date
    reason: str


@dataclass(frozen=True)
class Release:
    """Everything that may leave the restricted side for one tier.

    Attributes:
        months: every released month.
        unchanged: those of them whose rows are what they were in the release before.
        tables: the rows of the other months, then those without a month; read once, as they are needed.
        held: what a failed check holds back.
        plans: site -> plan as GeoJSON text, which holds no data about anyone.
    """

    tier: str
    months: tuple[Month, ...]
    unchanged: frozenset[Month]
    tables: Iterator[ReleaseTable]
    held: tuple[Held, ...]
    plans: Mapping[str, str]


def planner_release(session: Session, today: date, published: Collection[Month] = ()) -> Release:
    """Reads the planner tier from the warehouse, leaving out days whose checks have not all passed.

    Args:
        session: open until the release has been written.
        today: the day from which months are preliminary or final.
        published: months of the release before; those that are still the same are not read again.
    """
    days = session.frame("select_days")
    held = [Held(*row) for row in days.filter(~pl.col("is_passed")).select("site_id", "day", "reason").iter_rows()]
    months = tuple(_months(days.filter("is_passed"), today))
    unchanged = frozenset(months) & frozenset(published)
    sites = session.frame("select_sites").drop_nulls("plan_geojson")
    plans = dict(zip(sites["site_id"], sites["plan_geojson"], strict=True))
    changed = [month for month in months if month not in unchanged]
    return Release(PLANNER, months, unchanged, _tables(session, changed), tuple(held), plans)


def _months(days: pl.DataFrame, today: date) -> Iterator[Month]:
    by_month = days.with_columns(month=pl.col("day").dt.strftime("%Y-%m"))
    for (site_id, month), rows in by_month.group_by("site_id", "month", maintain_order=True):
        status = _status(rows["day"][0], today)
        state = hashlib.sha256("".join([_code(), status, *rows["state"]]).encode()).hexdigest()
        yield Month(str(site_id), str(month), tuple(rows["day"]), status, state)


def _status(day: date, today: date) -> str:
    """Status of the month that a day lies in."""
    next_month = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return "final" if today >= next_month + FINAL_AFTER else "preliminary"


@cache
def _code() -> str:
    """Digest of what turns contributions into released rows: this package and its queries."""
    package = [file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("*.py"))]
    queries = [statement(name) for name in ("create_macros", *(f"select_{name}" for name in PER_DAY))]
    return hashlib.sha256("\x00".join(package + queries).encode()).hexdigest()


def _tables(session: Session, months: list[Month]) -> Iterator[ReleaseTable]:
    for month in months:
        with session.holding(month.site_id, month.days):
            rows = {
                name: _exactly(
                    schema,
                    session.frame(f"select_{name}", site_id=month.site_id, days=list(month.days)).with_columns(
                        status=pl.lit(month.status)
                    ),
                )
                for name, schema in PER_DAY.items()
            }
        for name, table in rows.items():
            yield from _cut(name, table, month)
        for name, summed in roll_ups.roll_up(rows["flow_counts"]).items():
            yield ReleaseTable(name, _exactly(PER_MONTH[name], summed), month)
    for name, schema in DIMENSIONS.items():
        yield ReleaseTable(name, _exactly(schema, session.frame(f"select_{name}")))


def _cut(name: str, rows: pl.DataFrame, month: Month) -> Iterator[ReleaseTable]:
    if name not in _CUT_BY_DAY:
        yield ReleaseTable(name, rows, month)
        return
    local_day = rows["interval_start_local"].dt.date()
    for day in month.days:
        yield ReleaseTable(name, rows.filter(local_day == day), month, day)


def _exactly(schema: type[dy.Schema], rows: pl.DataFrame) -> pl.DataFrame:
    """The named columns and nothing else, in the contract's types."""
    named = rows.select(schema.column_names())
    return schema.validate(named, cast=True) if named.height else schema.create_empty()
