"""The assets, in the order of the stream; each calls one stage for one site's local day."""

from datetime import timedelta

import dagster as dg

from pipelines.orchestration.checks import flow_count_checks, recording_checks, usable
from pipelines.orchestration.failures import retries, wrong_input
from pipelines.orchestration.metadata import result
from pipelines.orchestration.partitions import site_days
from pipelines.orchestration.plots import counts_of_day
from pipelines.orchestration.resources import SiteDays
from pipelines.progress import frame_progress
from pipelines.stages.fingerprint import code_of

_PIXELS, _METRES = code_of("detectors")[:12], code_of("geo")[:12]

# The daily schedule runs once in 24 h; a day and a half without anything new is worth a look.
_daily = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=26))


@dg.asset(
    partitions_def=site_days,
    group_name="pixels",
    kinds={"video"},
    retry_policy=retries,
    check_specs=recording_checks,
    freshness_policy=_daily,
)
def recordings(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per video file of the day: camera, start, duration, digest. Files that cannot be used are named."""
    with wrong_input():
        reports = site_day.of(context.partition_key).ingest()
        return result(context, reports, [usable(reports)])


@dg.asset(
    partitions_def=site_days,
    deps=[recordings],
    group_name="pixels",
    kinds={"yolo", "parquet"},
    pool="gpu",
    retry_policy=retries,
    code_version=_PIXELS,
)
def tracks(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per box of a track. The only asset that looks for road users."""
    with wrong_input():
        day = site_day.of(context.partition_key)
        return result(context, day.track(lambda title, n: frame_progress(title, n, context.log.info)))


@dg.asset(
    partitions_def=site_days,
    deps=[tracks],
    group_name="pixels",
    kinds={"opencv", "parquet"},
    retry_policy=retries,
    code_version=_PIXELS,
)
def camera_drift(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per recording: whether its camera still looks where it was calibrated, by its background."""
    with wrong_input():
        return result(context, site_day.of(context.partition_key).drift())


@dg.asset(
    partitions_def=site_days,
    deps=[tracks],
    group_name="metres",
    kinds={"parquet"},
    retry_policy=retries,
    code_version=_METRES,
)
def trajectories(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per position on the ground, smoothed, with its covariance; calibrated cameras only."""
    with wrong_input():
        return result(context, site_day.of(context.partition_key).georeference())


@dg.asset(
    partitions_def=site_days,
    deps=[tracks, trajectories],
    group_name="metres",
    kinds={"parquet"},
    retry_policy=retries,
    code_version=_METRES,
)
def crossings(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One row per crossing of a counting line; movements at junctions and time spent per cell beside it."""
    with wrong_input():
        return result(context, site_day.of(context.partition_key).measure())


@dg.asset(
    partitions_def=site_days,
    deps=[crossings, camera_drift],
    group_name="tables",
    kinds={"duckdb"},
    pool="warehouse",
    retry_policy=retries,
    check_specs=flow_count_checks,
    freshness_policy=_daily,
)
def flow_counts(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Counts per line, direction, class and quarter-hour in the warehouse; its checks block the release."""
    with wrong_input():
        day = site_day.of(context.partition_key)
        return result(context, day.load(), day.check(), counts_of_day(day.line_counts()))


@dg.asset(
    partitions_def=site_days,
    deps=[flow_counts],
    group_name="tables",
    kinds={"parquet"},
    pool="warehouse",
    retry_policy=retries,
    freshness_policy=_daily,
)
def release(context: dg.AssetExecutionContext, site_day: SiteDays) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """The current release of the planner tier, with this day in it."""
    with wrong_input():
        return result(context, site_day.of(context.partition_key).release())
