"""What happens every day: yesterday is counted and released, what has expired goes, old run records go."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from pipelines.orchestration.jobs import count_site_day, expire_restricted_data, tidy_runs
from pipelines.orchestration.partitions import partition_of, run_tags
from pipelines.settings import Settings
from pipelines.sites import find_sites, load_site


@dg.schedule(job=count_site_day, cron_schedule="30 4 * * *", execution_timezone="UTC")
def daily_release(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Runs yesterday's partition of every site, so that late recordings are counted and released."""
    for site_id, path in find_sites(Settings.from_environment()).items():
        local = context.scheduled_execution_time.astimezone(load_site(path).site.time_zone)
        yesterday = local.date() - timedelta(days=1)
        yield dg.RunRequest(
            run_key=f"{site_id}-{yesterday}",
            partition_key=partition_of(site_id, yesterday),
            tags=run_tags(site_id, yesterday, "schedule"),
        )


# Keeping restricted data no longer than promised is not left to somebody who switches it on.
daily_expiry = dg.ScheduleDefinition(
    name="daily_expiry",
    job=expire_restricted_data,
    cron_schedule="15 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes recordings and tracks that the policy no longer keeps.",
)

weekly_tidying = dg.ScheduleDefinition(
    name="weekly_tidying",
    job=tidy_runs,
    cron_schedule="45 2 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Deletes old run records.",
)
