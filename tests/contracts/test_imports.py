"""The architecture as a test: every import contract holds, and every one fails when broken."""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOMS = ("detectors", "geo", "pipelines", "dashboards")

# Contract -> a file and the line that breaks it.
BREAKS = {
    "rooms": ("detectors/camera.py", "import geo.calibration"),
    "geo_sees_no_pixels": ("geo/occupancy.py", "import detectors.video"),
    "dashboards_import_no_room": ("dashboards/queries.py", "import pipelines.settings"),
    "operator_asks_the_broker": ("dashboards/operator/draft.py", "import pipelines.lake"),
    "operator_is_apart": ("dashboards/queries.py", "import dashboards.operator.documents"),
    "pipelines_layers": ("pipelines/lake.py", "import pipelines.stages.report"),
    "geo_layers": ("geo/calibration.py", "import geo.trajectories"),
    "pixels": ("pipelines/lake.py", "import cv2"),
    "dagster": ("pipelines/stages/load.py", "import dagster"),
    "ray": ("pipelines/stages/track.py", "import ray"),
    "pictures": ("pipelines/cli.py", "import streamlit"),
    "database": ("dashboards/queries.py", "import duckdb"),
    "warehouse": ("pipelines/publishing/store.py", "import pipelines.warehouse.connection"),
    "thin_orchestration": ("pipelines/orchestration/assets.py", "import polars"),
}


def lint(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    for contract in contracts:
        command += ["--contract", contract]
    return subprocess.run([*command, "--no-cache"], cwd=root, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("architecture")
    for room in ROOMS:
        shutil.copytree(room, root / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(".importlinter", root)
    return root


def test_the_architecture_holds():
    done = lint(Path.cwd())
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(BREAKS)} kept, 0 broken." in done.stdout


def test_every_contract_has_its_break():
    config = configparser.ConfigParser()
    config.read(".importlinter")
    assert {s.removeprefix("importlinter:contract:") for s in config.sections()} - {"importlinter"} == BREAKS.keys()


@pytest.mark.parametrize("contract", BREAKS)
def test_each_contract_fails_when_broken(copy, contract):
    file, line = BREAKS[contract]
    path = copy / file
    whole = path.read_text(encoding="utf-8")
    path.write_text(f"{whole}\n{line}\n", encoding="utf-8")
    try:
        done = lint(copy, contract)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 broken" in done.stdout


@pytest.mark.parametrize(("room", "layer"), [("pipelines", "pipelines_layers"), ("geo", "geo_layers")])
def test_a_new_module_must_take_a_place(copy, room, layer):
    drawer = copy / room / "drawer.py"
    drawer.write_text('"""Junk."""\n', encoding="utf-8")
    try:
        done = lint(copy, layer)
    finally:
        drawer.unlink()
    assert done.returncode == 1
    assert "drawer" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("geo.crossings", {"torch", "cv2", "dagster", "ultralytics", "supervision", "streamlit", "duckdb"}),
        ("dashboards.queries", {"torch", "cv2", "dagster", "ultralytics", "geopandas"}),
        ("pipelines.cli", {"torch", "ultralytics", "supervision", "dagster", "streamlit"}),
    ],
)
def test_importing_a_module_stays_light(module, absent):
    code = f"import sys, {module}; print(','.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    assert not absent & set(loaded.strip().split(","))
