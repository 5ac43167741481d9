"""Reads a folder of ``.ottrk`` files and counts their flows by OTAnalytics' rules; prints what it found.

python -m tests.benchmarks.hour FOLDER
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from detectors.opentrafficcam import read_all
from geo.otanalytics import assign_flows, read_flows

FLOWS = Path("../shared/oracles/dresden_junction/four_sections_all_flows.otflow")


def digest(assigned: Iterable[tuple[str, str, str]]) -> str:
    """One text for road users, their classes and the flows they took, in whatever order."""
    return hashlib.sha256("\n".join(sorted(map(",".join, assigned))).encode()).hexdigest()


def main(folder: Path) -> None:
    """Prints boxes, flows, their digest, whether every run has the same, and megabytes."""
    foreign = read_all(sorted(folder.glob("*.ottrk")))
    flows = assign_flows(foreign.boxes, *read_flows(FLOWS.read_text(encoding="utf-8")))
    of_run = flows.group_by("run").agg(pl.struct("track", "label", "flow_id").sort())
    figures = {
        "boxes": foreign.boxes.height,
        "flows": flows.height,
        "digest": digest(flows.select(pl.format("{}#{}", "run", "track"), "label", "flow_id").iter_rows()),
        "identical": of_run.n_unique(subset="track") == 1,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
