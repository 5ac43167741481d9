"""Scenarios are read with messages that name file, field and fix."""

import shutil
from pathlib import Path

import pytest

from geo.site import SiteError
from pipelines.sites import load_site
from pipelines.stages.simulate import SCENARIO_FILE, read_scenario

LINDENPLATZ = Path("data/sites/lindenplatz")


@pytest.fixture
def folder(tmp_path):
    return load_site(shutil.copytree(LINDENPLATZ, tmp_path / "lindenplatz"))


def test_the_shipped_scenario_is_read(folder):
    assert read_scenario(folder).camera.size_px == (1280, 720)


def test_a_site_without_a_scenario_cannot_be_simulated(folder):
    (folder.path / SCENARIO_FILE).unlink()
    with pytest.raises(SiteError, match=r"scenario\.yaml: no such file"):
        read_scenario(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("route_id: cycle_west, arrivals_per_h: 510", "route_id: cycle_north, arrivals_per_h: 510", "cycle_north"),
        ("pitch_deg: 17.0", "pitch_deg: steep", "pitch_deg"),
        ("camera:", "camera: [", "Mend the file"),
    ],
)
def test_a_malformed_scenario_is_refused(folder, old, new, message):
    path = folder.path / SCENARIO_FILE
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SiteError, match=message):
        read_scenario(folder)
