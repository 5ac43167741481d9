"""What blocks a release, declared for Dagster; the checks themselves are a stage."""

import dagster as dg

from pipelines.stages.check import CHECKS

_DESCRIPTIONS = {
    "contract": "Every lake file of the day keeps its table's contract.",
    "non_negative": "No count and no duration is below zero.",
    "coverage": "At least 90 % of the recorded time was seen, and none of it twice.",
    "conservation": "Every crossing found is in exactly one flow count.",
}

flow_count_checks = [
    dg.AssetCheckSpec(name, asset="flow_counts", description=_DESCRIPTIONS[name], blocking=True) for name in CHECKS
]
