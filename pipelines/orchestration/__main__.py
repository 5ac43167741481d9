"""Runs the job for one site's local day through Dagster, without its web page.

``python -m pipelines.orchestration <site> <YYYY-MM-DD>``, from the folder that holds ``dagster.yaml``.
The run is recorded like any other and shows up in ``dagster dev``.
"""

import os
import sys
from datetime import date
from pathlib import Path

import dagster as dg

from pipelines.orchestration.dead_runs import PROCESS, fail_dead_runs, process_of
from pipelines.orchestration.definitions import definitions
from pipelines.orchestration.partitions import partition_of


def main(site_id: str, day: str) -> int:
    """Runs the partition; 0 when every asset was made and every blocking check passed."""
    quiet = {"loggers": {"console": {"config": {"log_level": "INFO"}}}}
    with _instance() as instance:
        for run_id in fail_dead_runs(instance):
            _say(f"Dagster run {run_id[:8]} was killed; what it had finished is kept.")
        outcome = definitions.resolve_job_def("count_site_day").execute_in_process(
            run_config=quiet,
            partition_key=partition_of(site_id, date.fromisoformat(day)),
            tags={PROCESS: process_of(os.getpid()) or ""},
            instance=instance,
            raise_on_error=False,
        )
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
    return 0 if outcome.success else 1


def _instance() -> dg.DagsterInstance:
    if os.environ.get("DAGSTER_HOME"):
        return dg.DagsterInstance.get()
    return dg.DagsterInstance.from_config(str(Path.cwd()))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
