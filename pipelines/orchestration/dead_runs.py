"""Runs whose process was killed: Dagster lets them hold their pools, and the next run would wait for ever.

A run carries the identity of its process. Runs that the daemon launches are watched by the daemon.
"""

from pathlib import Path

import dagster as dg

PROCESS = "passant/process"

_SAYS = "The process was killed; the next run makes what is missing."


def process_of(pid: int) -> str | None:
    """A living process's number, start in ticks since boot, and boot; None where there is none or no /proc."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return f"{pid} {status.rpartition(')')[2].split()[19]} {boot}"


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Marks runs of dead processes as failed, frees the pools they hold, and gives their ids."""
    dead = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        process = run.tags.get(PROCESS)
        if process and process != process_of(int(process.split()[0])):
            instance.report_run_failed(run, _SAYS)
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            dead.append(run.run_id)
    return dead
