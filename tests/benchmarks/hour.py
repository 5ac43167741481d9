"""Reads a folder of ``.ottrk`` files and counts their flows by OTAnalytics' rules; prints what it took.

python -m tests.benchmarks.hour FOLDER
"""

from __future__ import annotations

import bz2
import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from detectors.interchange import join, read_ottrk
from geo.otanalytics import assign_flows, read_flows

FLOWS = Path("../shared/oracles/dresden_junction/four_sections_all_flows.otflow")


def main(folder: Path) -> None:
    """Prints flows, whether every run has the same, seconds and megabytes."""
    wall, cpu = time.perf_counter(), time.process_time()
    files = sorted(folder.glob("*.ottrk"))
    with ThreadPoolExecutor(2) as pool:  # decompression lets other threads run
        foreign = join(pool.map(read_ottrk, files))
    read_s = time.perf_counter() - wall
    flows = assign_flows(foreign.boxes, *read_flows(FLOWS.read_text(encoding="utf-8")))
    figures = {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "reading_s": round(read_s, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "boxes": foreign.boxes.height,
        "flows": flows.height,
        "decompression_alone_cpu_s": round(_decompression_s(files), 2),
        "identical": flows.group_by("run").agg(pl.struct("track", "label", "flow_id").sort()).n_unique(subset="track")
        == 1,
    }
    print(json.dumps(figures))


def _decompression_s(files: list[Path]) -> float:
    """CPU seconds in which bz2 alone takes the files apart, from every tenth of them."""
    some = [path.read_bytes() for path in files[::10]]
    began = time.process_time()
    for content in some:
        bz2.decompress(content)
    return (time.process_time() - began) * len(files) / len(some)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
