"""What blocks a release, and what only warns, declared for Dagster; the checks themselves are a stage."""

from collections.abc import Sequence

import dagster as dg

from pipelines.stages.check import CHECKS, Verdict
from pipelines.stages.report import StageReport

_DESCRIPTIONS = {
    "contract": "Every lake file of the day keeps its table's contract.",
    "non_negative": "No count and no duration is below zero.",
    "coverage": "At least 90 % of the recorded time was seen, and none of it twice.",
    "conservation": "Every crossing found is in exactly one flow count.",
}
_USABLE = "usable"

flow_count_checks = [
    dg.AssetCheckSpec(name, asset="flow_counts", description=_DESCRIPTIONS[name], blocking=True) for name in CHECKS
]
recording_checks = [
    dg.AssetCheckSpec(_USABLE, asset="recordings", description="Every file of the day could be taken in. Only warns.")
]


def usable(reports: Sequence[StageReport]) -> Verdict:
    """Whether every file of the day was taken in; those that were not stay unobserved time, never a zero."""
    refused = [report for report in reports if report.rows == 0]
    details = " ".join(warning for report in refused for warning in report.warnings)
    figures = {"files": len(reports), "files_left_out": len(refused)}
    return Verdict(_USABLE, is_passed=not refused, details=details or "every file was taken in", figures=figures)


def outcome(verdict: Verdict) -> dg.AssetCheckResult:
    """A verdict as Dagster shows it: what was seen, in words and numbers."""
    severity = dg.AssetCheckSeverity.WARN if verdict.check == _USABLE else dg.AssetCheckSeverity.ERROR
    metadata: dict[str, str | float] = {"details": verdict.details, **verdict.figures}
    return dg.AssetCheckResult(check_name=verdict.check, passed=verdict.is_passed, severity=severity, metadata=metadata)
