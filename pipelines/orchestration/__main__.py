"""Runs the job for local days of one site through Dagster, without its web page.

``python -m pipelines.orchestration <site> <YYYY-MM-DD> [<YYYY-MM-DD>]``, from the folder that holds
``dagster.yaml``. With two days it runs every day from the first to the last, both included, of which
there is anything. The runs are recorded like any other and show up in ``dagster dev``.
"""

import os
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from pipelines.orchestration.dead_runs import PROCESS, fail_dead_runs, process_of
from pipelines.orchestration.definitions import definitions
from pipelines.orchestration.partitions import FIRST_DAY, partition_of, run_tags
from pipelines.settings import Settings
from pipelines.sites import find_site
from pipelines.stages.arrivals import days_of


def main(site_id: str, first: str, last: str | None = None) -> int:
    """Runs the partitions; 0 when every asset was made and every blocking check passed."""
    wanted = list(_wanted(site_id, date.fromisoformat(first), date.fromisoformat(last or first)))
    with _instance() as instance:
        for run_id in fail_dead_runs(instance):
            _say(f"Dagster run {run_id[:8]} was killed; what it had finished is kept.")
        done = [_run(site_id, day, instance, "backfill" if last else "command") for day in wanted]
    if last:
        _say(f"{site_id}: {sum(done)} of {len(done)} days counted from {first} to {last}.")
    return 0 if all(done) else 1


def _wanted(site_id: str, first: date, last: date) -> Iterator[date]:
    """The days to run: the one named, or those of a stretch of which there are recordings or tracks."""
    if first < date.fromisoformat(FIRST_DAY):
        sys.exit(f"{first}: is before the first partition, {FIRST_DAY}. Set PASSANT_FIRST_DAY to an earlier day.")
    settings = Settings.from_environment()
    there = {first} if first == last else days_of(find_site(site_id, settings), settings)
    yield from (day for n in range((last - first).days + 1) if (day := first + timedelta(days=n)) in there)


def _run(site_id: str, day: date, instance: dg.DagsterInstance, trigger: str) -> bool:
    outcome = definitions.resolve_job_def("count_site_day").execute_in_process(
        run_config={"loggers": {"console": {"config": {"log_level": "INFO"}}}},
        partition_key=partition_of(site_id, day),
        tags={**run_tags(site_id, day, trigger), PROCESS: process_of(os.getpid()) or ""},
        instance=instance,
        raise_on_error=False,
    )
    _say(f"{site_id} {day}")
    for event in outcome.get_asset_materialization_events():
        made = event.step_materialization_data.materialization
        rows = made.metadata["dagster/row_count"].value
        _say(f"  {made.asset_key.to_user_string():<14}{rows:>8} rows  {made.metadata['seconds'].value:7.1f} s")
    for check in outcome.get_asset_check_evaluations():
        verdict = "passed" if check.passed else "FAILED"
        _say(f"  check {check.check_name:<13} {verdict}: {check.metadata['details'].value}")
    for event in outcome.get_step_failure_events():
        _say(f"  {event.step_key} failed: {event.step_failure_data.error_display_string.splitlines()[0]}")
    _say(f"Dagster run {outcome.run_id[:8]}: {'success' if outcome.success else 'failure'}")
    return bool(outcome.success)


def _instance() -> dg.DagsterInstance:
    if os.environ.get("DAGSTER_HOME"):
        return dg.DagsterInstance.get()
    return dg.DagsterInstance.from_config(str(Path.cwd()))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
