from pathlib import Path

import numpy as np

from detectors.road_users import RoadUser
from detectors.synthetic import LEAST_VISIBLE_SHARE, Label
from detectors.training import TrainingSettings, picture, write_pictures
from pipelines.sites import load_site
from pipelines.stages.detector_card import Exam
from pipelines.stages.simulate import Footage, read_scenario
from pipelines.stages.train import Lessons, draw_light, pictures_in, with_rare_classes
from tests.end_to_end.seeds import HELD_OUT

SCENARIO = read_scenario(load_site(Path("data/sites/lindenplatz")))


def test_demo_training_checking_and_judging_share_no_seed():
    lessons = Lessons()
    seeds = [*lessons.train_seeds, *lessons.val_seeds, *Exam().seeds, *HELD_OUT, Footage().seed]
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


def label(left, top, right, bottom):
    return Label(RoadUser.SCOOTER, (float(left), float(top), float(right), float(bottom)), 12.0)


def test_pictures_are_written_as_ultralytics_reads_them(tmp_path):
    chosen = TrainingSettings(image_size_px=64, window_px=(64, 36))
    frame, rng = np.full((72, 128, 3), 90, np.uint8), np.random.default_rng(1)
    pictures = [picture(split, frame, [label(32, 18, 64, 54)], chosen, rng) for split in ("train", "val", "train")]
    assert write_pictures(pictures, tmp_path, chosen) == 3
    assert [len(list((tmp_path / "images" / split).iterdir())) for split in ("train", "val")] == [2, 1]
    (text,) = [path.read_text().split() for path in (tmp_path / "labels" / "val").iterdir()]
    number = chosen.classes.index(RoadUser.SCOOTER)
    assert [float(v) for v in text] == [number, 0.375, 0.5, 0.25, 0.5]
    assert f"{number}: scooter" in (tmp_path / "data.yaml").read_text()


def test_a_window_shows_its_part_of_the_picture_and_cuts_labels_at_its_border():
    chosen = TrainingSettings(image_size_px=128, window_px=(64, 36))
    frame, x, y = np.zeros((72, 128, 3), np.uint8), np.arange(128), np.arange(72)
    frame[..., 0], frame[..., 1] = x, y[:, None]
    seen, boxes = set(), [label(10, 10, 30, 30), label(50, 20, 90, 60)]
    for seed in range(30):
        one = picture("train", frame, boxes, chosen, np.random.default_rng(seed))
        left, top = (int(v) for v in one.image[0, 0, :2])
        assert one.image.shape == (36, 64, 3)
        expected = []
        for box in boxes:
            low = np.maximum(np.array(box.box_px[:2]) - (left, top), 0)
            high = np.minimum(np.array(box.box_px[2:]) - (left, top), (64, 36))
            whole = np.prod(np.array(box.box_px[2:]) - box.box_px[:2])
            if (high > low).all() and np.prod(high - low) >= LEAST_VISIBLE_SHARE * whole:
                expected += [*((low + high) / 2 / (64, 36)), *((high - low) / (64, 36))]
        told = [float(v) for line in one.lines for v in line.split()[1:]]
        assert np.allclose(told, expected, atol=1e-5)
        seen.add((left, top, len(one.lines)))
    assert {n for _, _, n in seen} >= {0, 1}
    assert {left for left, _, _ in seen} >= {0, 64}, "both borders are shown"
