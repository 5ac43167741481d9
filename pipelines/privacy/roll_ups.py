"""Flow counts summed to hours and days, so that a year is quick to read."""

from __future__ import annotations

import dataframely as dy
import polars as pl


def described(text: str) -> dict[str, str]:
    """What a released column means, as a schema carries it."""
    return {"description": text}


class FlowHourly(dy.Schema):
    """Crossings per counting line, direction, class and hour: flow_counts summed."""

    site_id = dy.String(primary_key=True, metadata=described("The site."))
    line_id = dy.String(primary_key=True, metadata=described("The counting line; see counting_lines."))
    direction = dy.String(primary_key=True, metadata=described("forward or backward, as in flow_counts."))
    road_user = dy.String(primary_key=True, metadata=described("Class of road user, by vote over its track."))
    hour_start_utc = dy.Datetime(
        time_unit="us", time_zone="UTC", primary_key=True, metadata=described("Start of the local hour, in UTC.")
    )
    hour_start_local = dy.Datetime(time_unit="us", metadata=described("The same in the site's local time."))
    count = dy.Int64(
        nullable=True, min=0, metadata=described("Crossings in the observed part, not scaled up. Empty: not observed.")
    )
    coverage = dy.Float64(min=0, max=1.000001, metadata=described("Share of the hour that was observed, 0 to 1."))
    is_simulated = dy.Bool(metadata=described("Whether the footage was rendered and not filmed."))


class FlowDaily(dy.Schema):
    """Crossings per counting line, direction, class and local day: flow_counts summed."""

    site_id = dy.String(primary_key=True, metadata=described("The site."))
    line_id = dy.String(primary_key=True, metadata=described("The counting line; see counting_lines."))
    direction = dy.String(primary_key=True, metadata=described("forward or backward, as in flow_counts."))
    road_user = dy.String(primary_key=True, metadata=described("Class of road user, by vote over its track."))
    day = dy.Date(primary_key=True, metadata=described("The local day."))
    count = dy.Int64(
        nullable=True, min=0, metadata=described("Crossings in the observed part, not scaled up. Empty: not observed.")
    )
    coverage = dy.Float64(
        min=0, max=1.000001, metadata=described("Share of the local day (23, 24 or 25 hours) observed, 0 to 1.")
    )
    observed_h = dy.Float64(min=0, metadata=described("Hours observed."))
    is_simulated = dy.Bool(metadata=described("Whether the footage was rendered and not filmed."))


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


_SUMMED = (
    # The sum of nothing observed is nothing observed, not zero.
    pl.when(pl.col("count").count() > 0).then(pl.col("count").sum()).alias("count"),
    pl.col("coverage").mean(),
    pl.col("is_simulated").first(),
)
