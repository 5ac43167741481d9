"""Promises about the repository itself."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

TRACKED = [
    Path(p)
    for p in subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    if p
]
TEXT = [p for p in TRACKED if p.suffix not in (".mp4", ".pt", ".png", ".jpg") and p.is_file()]
TOP_LEVEL = {
    "pyproject.toml", "README.md", "pipelines", "detectors", "geo", "dashboards", "data", "tests", "dagster.yaml",
    "LICENSE", "CHANGELOG.md", "Makefile", "requirements.lock", "requirements-dashboards.lock", "docs",
    ".ci", ".gitignore", ".importlinter", ".streamlit",
}  # fmt: skip

# Names are put together here so that this file does not hold them.
HOSTS = re.compile(
    "|".join(
        [
            "pyp" + r"i\.org",
            "pythonhoste" + r"d\.org",
            "npmj" + r"s\.org",
            "debia" + r"n\.org",
            r"https?://[^\s\"')]*\.(?:pt|onnx|whl)\b",
        ]
    )
)
MACHINE_PATHS = re.compile(r"(^|[^a-z.])/(root|work|home|farm)/")


def test_the_top_level_is_that_of_the_plan():
    assert {p.parts[0] for p in TRACKED} <= TOP_LEVEL


@pytest.mark.parametrize("pattern", [HOSTS, MACHINE_PATHS], ids=["registry hosts and downloads", "machine paths"])
def test_no_committed_file_names(pattern):
    found = [f"{p}: {m.group()}" for p in TEXT if (m := pattern.search(p.read_text(encoding="utf-8")))]
    assert found == []


def pinned(lock):
    return {m.group(1).lower() for m in re.finditer(r"^([A-Za-z0-9_.-]+)==", Path(lock).read_text(), re.MULTILINE)}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dashboards.lock"])
def test_everything_is_pinned_and_hashed(lock):
    blocks = re.split(r"\n(?=\S)", Path(lock).read_text().strip())
    assert all(re.match(r"[a-z0-9_.-]+==\S+", b) and "--hash=sha256:" in b for b in blocks)


def test_the_lock_answers_for_every_requirement():
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    names = {re.match(r"[A-Za-z0-9_-]+", r).group().lower() for r in wanted}
    assert names <= pinned("requirements.lock")


def test_opening_dashboards_needs_no_model():
    heavy = {"torch", "torchvision", "ultralytics", "supervision", "opencv-python", "dagster", "av", "geopandas"}
    assert not heavy & pinned("requirements-dashboards.lock")
    assert {"streamlit", "plotly", "duckdb"} <= pinned("requirements-dashboards.lock")


# Capability absence: what could tell who somebody is does not come with Passant.
IDENTIFYING = {
    "insightface", "deepface", "face-recognition", "dlib", "facenet-pytorch", "torchreid", "fastreid", "easyocr",
    "paddleocr", "openalpr", "fast-plate-ocr", "fast-alpr", "pytesseract", "boxmot",
}  # fmt: skip


def test_nothing_that_identifies_people_is_installed():
    assert not IDENTIFYING & pinned("requirements.lock")


def test_no_embedding_and_no_identity_is_written_in_code():
    words = re.compile(r"\b(embedding|reid|re_id|face_|plate_|licence_plate|license_plate)\w*\b")
    rooms = [p for p in TEXT if p.parts[0] in ("detectors", "geo", "pipelines", "dashboards") and p.suffix == ".py"]
    found = [f"{p}:{line}" for p in rooms for line in p.read_text().split("\n") if words.search(_code(line))]
    assert found == []


def _code(line):
    return line.split("#")[0]


def test_no_picture_is_written_outside_rendering():
    writers = re.compile(r"imwrite|imencode|\.save\(.*\.(png|jpg)|write_mp4|Image\.fromarray")
    rooms = [p for p in TEXT if p.parts[0] in ("detectors", "geo", "pipelines", "dashboards") and p.suffix == ".py"]
    users = {str(p) for p in rooms if writers.search(p.read_text())}
    assert users == {
        "dashboards/operator/picture.py",  # a background without people, in memory only
        "detectors/synthetic/__init__.py",
        "detectors/synthetic/video.py",
        "detectors/training.py",
        "pipelines/stages/simulate.py",
    }


def test_orchestration_does_not_postpone_annotations():
    for path in Path("pipelines/orchestration").glob("*.py"):
        assert "from __future__ import annotations" not in path.read_text(encoding="utf-8"), path


def test_no_init_under_tests():
    assert not [p for p in TRACKED if p.parts[0] == "tests" and p.name == "__init__.py"]


def test_large_files_stay_small():
    assert [p for p in TRACKED if p.is_file() and p.stat().st_size > 10_000_000] == []
