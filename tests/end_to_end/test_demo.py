"""The demo as shipped: real inference, a Dagster job, DuckDB, a release, counts beside truth."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A copy of the repository's data in which the demo has run once; returns it with what was printed."""
    root = tmp_path_factory.mktemp("demo")
    shutil.copytree("data/sites", root / "data" / "sites")
    shutil.copytree("data/demo", root / "data" / "demo")
    shutil.copy("dagster.yaml", root)
    return root, run(root)


def run(root):
    environment = {k: v for k, v in os.environ.items() if k not in ("DAGSTER_HOME", "PASSANT_DATA")}
    passant = Path(sys.executable).parent / "passant"
    done = subprocess.run([passant, "demo"], cwd=root, env=environment, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_it_ends_with_counted_beside_true(demo):
    _, printed = demo
    assert "Dagster run" in printed
    assert "success" in printed
    totals = next(line for line in printed.splitlines() if line.startswith("│ all"))
    counted, true, missed, extra = (int(cell) for cell in totals.split("│")[4:8])
    with next(Path("data/demo").glob("*.truth.csv")).open() as file:
        assert true == sum(1 for _ in file) - 1
    assert counted - extra == true - missed
    assert counted > true / 2


def test_a_second_run_changes_nothing(demo):
    root, _ = demo
    latest = root / "data" / "released" / "planner" / "latest.json"
    before, log = latest.read_bytes(), (root / "data" / "restricted" / "audit" / "log.jsonl").read_bytes()
    run(root)
    assert latest.read_bytes() == before
    assert (root / "data" / "restricted" / "audit" / "log.jsonl").read_bytes() == log


def test_everything_released_says_it_is_simulated(demo):
    import polars as pl

    root, _ = demo
    tier = root / "data" / "released" / "planner"
    manifest = json.loads((tier / json.loads((tier / "latest.json").read_text())["manifest"]).read_text())
    for name in ("flow_counts", "coverage", "occupancy", "quality", "sites"):
        for file in manifest["tables"][name]["files"]:
            assert pl.read_parquet(tier / file["path"])["is_simulated"].all()


def test_nothing_is_written_outside_the_data_folder(demo):
    root, _ = demo
    assert sorted(p.name for p in root.iterdir()) == ["dagster.yaml", "data"]
    pictures = [p for p in (root / "data").rglob("*") if p.suffix in (".jpg", ".png", ".npy", ".jpeg")]
    assert pictures == []
