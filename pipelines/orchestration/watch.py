"""Once a minute: metrics are written, alarms are posted. It runs beside the pipeline and holds nothing up."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import dagster as dg

from pipelines.alarms import alarms, notify
from pipelines.metrics import metrics, write_metrics
from pipelines.policies import read_policy
from pipelines.settings import Settings
from pipelines.sites import find_sites, load_site
from pipelines.stages.status import SiteStatus, site_status

_FAILURES_SINCE = timedelta(days=7)


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def watch(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Writes data/var/metrics/passant.prom, and posts alarms to PASSANT_WEBHOOK where that is set.

    The cursor holds the alarms that have been posted and are not over.
    """
    settings, now = Settings.from_environment(), datetime.now(UTC)
    try:
        sites = _look(settings, now)
    except TimeoutError:
        return dg.SensorResult(skip_reason="the warehouse is being written to", cursor=context.cursor)
    write_metrics(metrics(sites, _runs(context.instance, now), settings.data, now), settings.metrics)
    current = list(alarms(sites, _failed(context.instance, now), settings.data))
    told = json.loads(context.cursor or "{}")
    if settings.webhook:
        told = notify(current, told, settings.webhook)
    return dg.SensorResult(skip_reason=f"{len(current)} alarms", cursor=json.dumps(told))


def _look(settings: Settings, now: datetime) -> dict[str, SiteStatus]:
    policy = read_policy(settings)
    return {
        site_id: site_status(load_site(path).site, policy.of(site_id), settings, now)
        for site_id, path in find_sites(settings).items()
    }


def _runs(instance: dg.DagsterInstance, now: datetime) -> dict[str, int]:
    """Runs created in the last day, by outcome."""
    since = now - timedelta(days=1)
    outcomes = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
    return {
        status.value.lower(): instance.get_runs_count(dg.RunsFilter(statuses=[status], created_after=since))
        for status in outcomes
    }


def _failed(instance: dg.DagsterInstance, now: datetime) -> Mapping[str, str]:
    """Partitions whose last run has failed, each with that run's name."""
    recent = dg.RunsFilter(job_name="count_site_day", created_after=now - _FAILURES_SINCE)
    last: dict[str, dg.DagsterRun] = {}
    for run in instance.get_runs(recent):  # newest first
        if run.is_finished and (partition := run.tags.get("dagster/partition")):
            last.setdefault(partition, run)
    return {partition: run.run_id[:8] for partition, run in last.items() if run.status == dg.DagsterRunStatus.FAILURE}
