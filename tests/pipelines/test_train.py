from pathlib import Path

import numpy as np

from detectors.road_users import RoadUser
from detectors.synthetic import Label
from detectors.training import TrainingSettings, picture, write_pictures
from pipelines.sites import load_site
from pipelines.stages.detector_card import Exam
from pipelines.stages.simulate import Footage, read_scenario
from pipelines.stages.train import Lessons, draw_light, pictures_in, with_rare_classes

SCENARIO = read_scenario(load_site(Path("data/sites/lindenplatz")))


def test_demo_training_checking_and_judging_share_no_seed():
    lessons = Lessons()
    seeds = [*lessons.train_seeds, *lessons.val_seeds, *Exam().seeds, Footage().seed]
    assert len(set(seeds)) == len(seeds)


def test_pictures_are_counted_before_they_are_rendered():
    assert pictures_in(Lessons(range(3), range(5, 6), 7)) == 28


def test_rare_classes_become_less_rare():
    def share(scenario, figure):
        flows = [f for f in scenario.flows if figure in f.figures]
        return sum(f.arrivals_per_h * f.figures[figure] for f in flows)

    rare = with_rare_classes(SCENARIO)
    for figure in ("scooter", "lorry", "motorcyclist", "bus", "tram"):
        assert share(rare, figure) > 1.4 * share(SCENARIO, figure), figure


def test_every_light_is_drawn():
    skies = {draw_light(np.random.default_rng(seed)).sky for seed in range(40)}
    assert skies == {"clear", "overcast", "dusk"}


def test_pictures_are_written_as_ultralytics_reads_them(tmp_path):
    chosen = TrainingSettings(image_size_px=64)
    frame = np.full((72, 128, 3), 90, np.uint8)
    label = Label(RoadUser.SCOOTER, (32.0, 18.0, 64.0, 54.0), 12.0)
    pictures = [picture(split, frame, [label], chosen) for split in ("train", "val", "train")]
    assert write_pictures(pictures, tmp_path, chosen) == 3
    assert [len(list((tmp_path / "images" / split).iterdir())) for split in ("train", "val")] == [2, 1]
    (text,) = [path.read_text().split() for path in (tmp_path / "labels" / "val").iterdir()]
    number = chosen.classes.index(RoadUser.SCOOTER)
    assert [float(v) for v in text] == [number, 0.375, 0.5, 0.25, 0.5]
    assert f"{number}: scooter" in (tmp_path / "data.yaml").read_text()
