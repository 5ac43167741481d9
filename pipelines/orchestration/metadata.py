"""Stage reports as Dagster metadata."""

from collections.abc import Sequence

import dagster as dg

from pipelines.stages.check import Verdict
from pipelines.stages.report import StageReport


def result(reports: Sequence[StageReport], verdicts: Sequence[Verdict] = ()) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """What a partition's materialisation shows: totals, one table row per recording, warnings, checks."""
    warnings = [warning for report in reports for warning in report.warnings]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": sum(report.rows for report in reports),
            "recordings": len(reports),
            "unchanged": sum(report.is_reused for report in reports),
            "seconds": round(sum(report.seconds for report in reports), 2),
            "reports": dg.MetadataValue.md(_table(reports)),
            "warnings": dg.MetadataValue.md("\n".join(f"- {w}" for w in warnings) or "none"),
        },
        data_version=dg.DataVersion("-".join(sorted(report.digest[:16] for report in reports)) or "empty"),
        check_results=[
            dg.AssetCheckResult(check_name=v.check, passed=v.is_passed, metadata={"details": v.details})
            for v in verdicts
        ],
    )


def _table(reports: Sequence[StageReport]) -> str:
    head = "| file | rows | seconds | unchanged | figures |\n|---|---:|---:|---|---|"
    rows = [
        f"| {r.path.name} | {r.rows} | {r.seconds:.2f} | {'yes' if r.is_reused else 'no'} "
        f"| {', '.join(f'{k} {v}' for k, v in r.figures.items())} |"
        for r in reports
    ]
    return "\n".join([head, *rows])
