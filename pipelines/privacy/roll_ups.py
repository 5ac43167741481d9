"""Flow counts summed to hours, days, usual days and months, so that a year of a city is quick to read."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from pipelines.privacy import columns

# A day observed for less is left out of the means of days.
WHOLE_DAY = 0.95


class FlowHourly(dy.Schema):
    """Crossings per counting line, direction, class and hour: flow_counts summed."""

    site_id = columns.site()
    line_id = columns.line()
    direction = columns.direction()
    road_user = columns.road_user()
    hour_start_utc = columns.time_utc("Start of the local hour, in UTC.", primary_key=True)
    hour_start_local = columns.time_local()
    count = columns.whole("Crossings in the observed part, not scaled up. Empty: not observed.", nullable=True)
    coverage = columns.coverage("hour")
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    is_simulated = columns.is_simulated()


class FlowDaily(dy.Schema):
    """Crossings per counting line, direction, class and local day: flow_counts summed."""

    site_id = columns.site()
    line_id = columns.line()
    direction = columns.direction()
    road_user = columns.road_user()
    day = columns.day("The local day.", primary_key=True)
    count = columns.whole("Crossings in the observed part, not scaled up. Empty: not observed.", nullable=True)
    coverage = columns.coverage("local day (23, 24 or 25 hours)")
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    observed_h = columns.number("Hours observed.", min=0)
    is_simulated = columns.is_simulated()


class FlowProfiles(dy.Schema):
    """The usual day of a month: crossings per observed hour, by counting line, direction, class and kind of day."""

    site_id = columns.site()
    line_id = columns.line()
    direction = columns.direction()
    road_user = columns.road_user()
    month = columns.day("First day of the month.", primary_key=True)
    is_weekend = columns.flag(
        "Saturdays and Sundays, or the other days. Holidays count by their weekday.", primary_key=True
    )
    hour = columns.small("Local hour of the day, 0 to 23.", min=0, max=23, primary_key=True)
    per_hour = columns.number("Crossings per observed hour. Empty: never observed.", min=0, nullable=True)
    observed_h = columns.number("Hours observed.", min=0)
    coverage = columns.coverage("hours of such days")
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    is_simulated = columns.is_simulated()


class FlowMonthly(dy.Schema):
    """Average daily traffic of a month (MADT) per counting line, direction and class; the mean of twelve is AADT."""

    site_id = columns.site()
    line_id = columns.line()
    direction = columns.direction()
    road_user = columns.road_user()
    month = columns.day("First day of the month.", primary_key=True)
    per_day = columns.number(
        "Crossings per day: mean over the weekdays of the mean of whole days, so that days not observed do not bend it "
        "(AASHTO 1992). Empty: no whole day.",
        min=0,
        nullable=True,
    )
    per_working_day = columns.number(
        "The same of Mondays to Fridays; holidays count by their weekday.", min=0, nullable=True
    )
    per_weekend_day = columns.number("The same of Saturdays and Sundays.", min=0, nullable=True)
    whole_days = columns.small(f"Days observed for {WHOLE_DAY:.0%} or more.", min=0)
    weekdays = columns.small(
        "How many of the seven weekdays have a whole day; the others are left out of the mean.", min=0, max=7
    )
    coverage = columns.coverage("month")
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    is_simulated = columns.is_simulated()

    @dy.rule()
    def has_a_mean_where_there_is_a_whole_day(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("whole_days") > 0) == pl.col("per_day").is_not_null()


PER_MONTH: dict[str, type[dy.Schema]] = {
    "flow_hourly": FlowHourly,
    "flow_daily": FlowDaily,
    "flow_profiles": FlowProfiles,
    "flow_monthly": FlowMonthly,
}


def roll_up(flow_counts: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Every table of ``PER_MONTH`` from the FlowCounts of a site's month."""
    hours, days = hourly(flow_counts), daily(flow_counts)
    return {
        "flow_hourly": hours,
        "flow_daily": days,
        "flow_profiles": profiles(hours),
        "flow_monthly": monthly(days),
    }


def hourly(flow_counts: pl.DataFrame) -> pl.DataFrame:
    """Sums FlowCounts to FlowHourly; the hour that happens twice when clocks go back stays two hours."""
    local = pl.col("interval_start_local")
    offset = local - pl.col("interval_start_utc").dt.replace_time_zone(None)
    keys = ["site_id", "line_id", "direction", "road_user", "hour_start_local"]
    return (
        flow_counts.with_columns(hour_start_local=local.dt.truncate("1h"), offset=offset)
        .group_by(*keys, "offset", maintain_order=True)
        .agg(*_SUMMED, hour_start_utc=pl.col("interval_start_utc").min())
    )


def daily(flow_counts: pl.DataFrame) -> pl.DataFrame:
    """Sums FlowCounts to FlowDaily."""
    return (
        flow_counts.with_columns(day=pl.col("interval_start_local").dt.date())
        .group_by("site_id", "line_id", "direction", "road_user", "day", maintain_order=True)
        .agg(*_SUMMED, observed_h=pl.col("coverage").sum() / 4)
    )


def profiles(flow_hourly: pl.DataFrame) -> pl.DataFrame:
    """Averages FlowHourly to FlowProfiles, each hour by how much of it was observed."""
    local = pl.col("hour_start_local")
    keys = {
        "month": local.dt.date().dt.month_start(),
        "is_weekend": local.dt.weekday() > 5,
        "hour": local.dt.hour().cast(pl.Int32),
    }
    observed_h = pl.col("coverage").sum()
    return (
        flow_hourly.with_columns(**keys)
        .group_by("site_id", "line_id", "direction", "road_user", *keys, maintain_order=True)
        .agg(
            pl.when(observed_h > 0).then(pl.col("count").sum() / observed_h).alias("per_hour"),
            observed_h.alias("observed_h"),
            pl.col("coverage").mean(),
            *_PROVENANCE,
        )
        .sort("site_id", "line_id", "direction", "road_user", *keys)
    )


def monthly(flow_daily: pl.DataFrame) -> pl.DataFrame:
    """Averages the whole days of FlowDaily to FlowMonthly; a day that is not released was not observed."""
    keys = ["site_id", "line_id", "direction", "road_user", "month"]
    whole = pl.when(pl.col("coverage") >= WHOLE_DAY).then("count")
    weekdays = [whole.filter(pl.col("day").dt.weekday() == number).mean() for number in range(1, 8)]
    return (
        flow_daily.with_columns(month=pl.col("day").dt.month_start())
        .group_by(keys, maintain_order=True)
        .agg(
            pl.mean_horizontal(weekdays).alias("per_day"),
            pl.mean_horizontal(weekdays[:5]).alias("per_working_day"),
            pl.mean_horizontal(weekdays[5:]).alias("per_weekend_day"),
            whole.count().cast(pl.Int32).alias("whole_days"),
            pl.sum_horizontal(mean.is_not_null() for mean in weekdays).cast(pl.Int32).alias("weekdays"),
            pl.col("coverage").sum() / pl.col("day").first().dt.month_end().dt.day(),
            *_PROVENANCE,
        )
    )


def _named(name: str) -> pl.Expr:
    """The texts of a group, each once; almost always there is one."""
    known = pl.col(name).drop_nulls()
    several = known.unique().sort().str.join(", ")
    return pl.when(known.n_unique() > 1).then(several).otherwise(known.first()).alias(name)


_PROVENANCE = (
    pl.col("status").first(),
    pl.col("revision").max(),
    *(_named(name) for name in ("detector", "site_version")),
    pl.col("is_simulated").first(),
)
_SUMMED = (
    # The sum of nothing observed is nothing observed, not zero.
    pl.when(pl.col("count").count() > 0).then(pl.col("count").sum()).alias("count"),
    pl.col("coverage").mean(),
    *_PROVENANCE,
)
