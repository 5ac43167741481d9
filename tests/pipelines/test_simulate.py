"""Scenarios are read with messages that name file, field and fix, and shown as they happened."""

import shutil
from pathlib import Path

import pytest

from geo.scenario import STEP_S, simulate
from geo.scenario.description import Incident
from geo.site import SiteError
from pipelines.sites import load_site
from pipelines.stages.simulate import SCENARIO_FILE, actors_by_step, read_scenario

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
        ("pitch_deg: 18.0", "pitch_deg: steep", "pitch_deg"),
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


def test_what_is_left_behind_stands_there_for_as_long_as_the_event_says():
    scenario = read_scenario(load_site(LINDENPLATZ))
    left = Incident(kind="left_object", at_s=2, walk_id="square_westward", at_m=(6, 5), duration_s=3)
    scene = simulate(scenario.model_copy(update={"incidents": [left]}), duration_s=8.0, seed=3)
    (event,) = scene.events.iter_rows(named=True)
    bags = {step: [a for a in actors if a.road_user is None] for step, actors in actors_by_step(scene, range(80), 3)}
    steps = [step for step, there in bags.items() if there]
    assert steps == [s for s in range(80) if event["start_s"] - 1e-9 <= s * STEP_S <= event["end_s"] + 1e-9]
    assert {(b.figure, b.x_m, b.y_m) for there in bags.values() for b in there} == {("bag", event["x_m"], event["y_m"])}
