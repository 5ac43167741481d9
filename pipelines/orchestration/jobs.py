"""The jobs: count a site's local day; delete what has expired; tidy up old run records."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from pipelines.audit import AuditLog
from pipelines.orchestration.failures import retries, wrong_input
from pipelines.policies import read_policy
from pipelines.settings import Settings
from pipelines.sites import find_sites, load_site
from pipelines.stages.expire import expire

# Everything is incremental, so that a run which died is tried again as a whole.
_TAGS = {"dagster/priority": "0", "dagster/retry_strategy": "ALL_STEPS"}
_RUNS_KEPT = timedelta(days=90)

count_site_day = dg.define_asset_job(
    "count_site_day",
    selection=dg.AssetSelection.all(),
    description="Counts everything a site recorded on a local day and releases it.",
    tags=_TAGS,
)


@dg.op(retry_policy=retries)
def delete_expired(context: dg.OpExecutionContext) -> None:
    """Deletes recordings and tracks that the policy no longer keeps, at every site."""
    settings, now = Settings.from_environment(), datetime.now(UTC)
    shown: dict[str, float | str] = {}
    with wrong_input():
        policy, audit = read_policy(settings), AuditLog(settings.audit)
        for site_id, path in find_sites(settings).items():
            report = expire(load_site(path).site, policy.of(site_id), settings, audit, now=now)
            shown |= {f"{site_id} {name}": value for name, value in report.figures.items()}
            context.log.info(f"{site_id}: {report.rows} things have expired")
            for warning in report.warnings:
                context.log.warning(f"{site_id}: {warning}")
    context.add_output_metadata(shown)


@dg.job
def expire_restricted_data() -> None:
    """Deletes what has expired by data/policies/operations.yaml; counts stay."""
    delete_expired()


@dg.op
def delete_old_runs(context: dg.OpExecutionContext) -> None:
    """Deletes run records and their logs once they are old, but never the last success of a partition."""
    instance, before = context.instance, datetime.now(UTC) - _RUNS_KEPT
    old = [record.dagster_run for record in instance.get_run_records(dg.RunsFilter(created_before=before))]
    for run in old:
        if run.is_finished and run.run_id != _last_success(instance, run):
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
            instance.delete_run(run.run_id)
    context.log.info(f"{len(old)} runs are older than {_RUNS_KEPT.days} days")


def _last_success(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str | None:
    """The run that made a partition what it is: deleting it would make Dagster forget the partition."""
    partition = run.tags.get("dagster/partition")
    if partition is None:
        return None
    made = dg.RunsFilter(
        job_name=run.job_name, statuses=[dg.DagsterRunStatus.SUCCESS], tags={"dagster/partition": partition}
    )
    return next((last.run_id for last in instance.get_runs(made, limit=1)), None)


@dg.job
def tidy_runs() -> None:
    """Deletes run records older than 90 days, but the last success of each partition."""
    delete_old_runs()
