"""Stage reports as Dagster metadata and log lines."""

from collections.abc import Mapping, Sequence

import dagster as dg

from pipelines.orchestration.checks import outcome
from pipelines.orchestration.partitions import site_and_day
from pipelines.stages.check import Verdict
from pipelines.stages.report import StageReport

# Figures that add up over the recordings of a day, and those of which only the mean tells anything.
_SUMMED = ("duration_s", "observed_s", "frames", "boxes", "tracks", "fragments_joined", "joined_fragments")
_AVERAGED = ("frames_per_s", "trusted_share", "contact_seen_share", "drift_px", "drift_m", "leave_one_out_rmse_m")


def result(
    context: dg.AssetExecutionContext,
    reports: Sequence[StageReport],
    verdicts: Sequence[Verdict] = (),
    more: Mapping[str, dg.MetadataValue] | None = None,
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """What a partition's materialisation shows: totals, one table row per recording, warnings, checks.

    The numbers are those that Dagster plots over time. Each report is also a line of the run's log.
    """
    site_id, _ = site_and_day(context.partition_key)
    for report in reports:
        _log(context, site_id, report)
    warnings = [warning for report in reports for warning in report.warnings]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(report.rows for report in reports),
            "recordings": len(reports),
            "unchanged": sum(report.is_reused for report in reports),
            "seconds": round(sum(report.seconds for report in reports), 2),
            **_totals(reports),
            "reports": dg.MetadataValue.md(_table(reports)),
            "warnings": dg.MetadataValue.md("\n".join(f"- {w}" for w in warnings) or "none"),
            **(more or {}),
        },
        data_version=dg.DataVersion("-".join(sorted(report.digest[:16] for report in reports)) or "empty"),
        check_results=[outcome(verdict) for verdict in verdicts],
    )


def _log(context: dg.AssetExecutionContext, site_id: str, report: StageReport) -> None:
    """One line per report that names site, camera and recording, and one per warning."""
    about = " ".join(part for part in (site_id, report.camera_id, report.recording_id) if part)
    state = "unchanged" if report.is_reused else f"{report.seconds:.1f} s"
    context.log.info(f"{about}: {report.table}, {report.rows} rows, {state}")
    for warning in report.warnings:
        context.log.warning(f"{about}: {warning}")


def _totals(reports: Sequence[StageReport]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for report in reports:
        for name, value in report.figures.items():
            if isinstance(value, int | float):
                found.setdefault(name, []).append(value)
    sums = {name: round(sum(found[name]), 3) for name in _SUMMED if name in found}
    means = {f"mean_{name}": round(sum(found[name]) / len(found[name]), 3) for name in _AVERAGED if name in found}
    return {**sums, **means}


def _table(reports: Sequence[StageReport]) -> str:
    head = "| camera | file | rows | seconds | unchanged | figures |\n|---|---|---:|---:|---|---|"
    rows = [
        f"| {r.camera_id or ''} | {r.recording_id or r.path.name} | {r.rows} | {r.seconds:.2f} "
        f"| {'yes' if r.is_reused else 'no'} | {', '.join(f'{k} {v}' for k, v in r.figures.items())} |"
        for r in reports
    ]
    return "\n".join([head, *rows])
