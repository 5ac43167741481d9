"""The daily release: yesterday, for every site."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from pipelines.orchestration.jobs import count_site_day
from pipelines.orchestration.partitions import partition_of
from pipelines.settings import Settings
from pipelines.sites import find_sites, load_site


@dg.schedule(job=count_site_day, cron_schedule="30 4 * * *", execution_timezone="UTC")
def daily_release(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Runs yesterday's partition of every site, so that late recordings are counted and released."""
    for site_id, path in find_sites(Settings.from_environment()).items():
        local = context.scheduled_execution_time.astimezone(load_site(path).site.time_zone)
        yesterday = local.date() - timedelta(days=1)
        yield dg.RunRequest(run_key=f"{site_id}-{yesterday}", partition_key=partition_of(site_id, yesterday))
