"""The assets, in the order of the stream; each calls one stage for one site's local day."""

import dagster as dg

from pipelines.orchestration.checks import flow_count_checks
from pipelines.orchestration.metadata import result
from pipelines.orchestration.partitions import site_days
from pipelines.orchestration.resources import SiteDays
from pipelines.progress import frame_progress


@dg.asset(partitions_def=site_days, group_name="pixels", kinds={"video"})
def recordings(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per video file of the day: camera, start, duration, digest."""
    return result(site_day.of(context.partition_key).ingest())


@dg.asset(partitions_def=site_days, deps=[recordings], group_name="pixels", kinds={"yolo", "parquet"}, pool="gpu")
def tracks(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per box of a track. The only asset that looks for road users."""
    return result(site_day.of(context.partition_key).track(lambda title, n: frame_progress(title, n, context.log.info)))


@dg.asset(partitions_def=site_days, deps=[tracks], group_name="pixels", kinds={"opencv", "parquet"})
def camera_drift(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per recording: whether its camera still looks where it was calibrated, by its background."""
    return result(site_day.of(context.partition_key).drift())


@dg.asset(partitions_def=site_days, deps=[tracks], group_name="metres", kinds={"parquet"})
def trajectories(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per position on the ground, smoothed, with its covariance; calibrated cameras only."""
    return result(site_day.of(context.partition_key).georeference())


@dg.asset(partitions_def=site_days, deps=[tracks, trajectories], group_name="metres", kinds={"parquet"})
def crossings(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per crossing of a counting line; movements at junctions and time spent per cell beside it."""
    return result(site_day.of(context.partition_key).measure())


@dg.asset(
    partitions_def=site_days,
    deps=[crossings, camera_drift],
    group_name="tables",
    kinds={"duckdb"},
    pool="warehouse",
    check_specs=flow_count_checks,
)
def flow_counts(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Counts per line, direction, class and quarter-hour in the warehouse; its checks block the release."""
    day = site_day.of(context.partition_key)
    return result(day.load(), day.check())


@dg.asset(partitions_def=site_days, deps=[flow_counts], group_name="tables", kinds={"parquet"}, pool="warehouse")
def release(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """The current release of the planner tier, with this day in it."""
    return result(site_day.of(context.partition_key).release())
