import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from detectors.boxes import overlap
from detectors.road_users import RoadUser
from detectors.tracker import Tracker, TrackerSettings

CAR, BUS, CYCLIST, PEDESTRIAN = (r.code for r in (RoadUser.CAR, RoadUser.BUS, RoadUser.CYCLIST, RoadUser.PEDESTRIAN))


def followed(frames, settings=None, step_s=0.1):
    """A tracker that has seen frames given as [[(left, top, right, bottom, score, code), ...], ...]."""
    tracker = Tracker(settings or TrackerSettings())
    for number, boxes in enumerate(frames):
        table = np.array(boxes, dtype=float).reshape(-1, 6)
        tracker.update(number, number * step_s, table[:, :4], table[:, 4], table[:, 5].astype(np.int64))
    return tracker


def follow(*arguments, **options):
    return followed(*arguments, **options).tracks()


def moving(n, x0, x1, y, code=CAR, score=0.8, size=(40, 20)):
    return [(x, y, x + size[0], y + size[1], score, code) for x in np.linspace(x0, x1, n)]


def test_two_that_pass_each_other_stay_apart():
    right, left = moving(40, 0, 400, 100), moving(40, 400, 0, 112)
    tracks = follow([[a, b] for a, b in zip(right, left, strict=True)])
    assert tracks["track_id"].unique().sort().to_list() == [1, 2]
    for number in (1, 2):
        x = tracks.filter(track_id=number)["left_px"].to_numpy()
        assert len(x) == 40
        assert (np.diff(x) > 0).all() or (np.diff(x) < 0).all()


def test_who_passes_close_by_does_not_take_over_the_track_of_another_class():
    cycling = moving(30, 0, 290, 100, CYCLIST, size=(30, 40))
    walking = [(150 + i, 80, 166 + i, 140, 0.8, PEDESTRIAN) for i in range(30)]
    hidden = range(13, 19)  # behind whoever walks, who is lost from sight as the other comes out
    frames = [[c] * (i not in hidden) + [w] * (i < 18) for i, (c, w) in enumerate(zip(cycling, walking, strict=True))]
    tracks = follow(frames)
    assert tracks.group_by("track_id").agg(pl.col("road_user").first()).height == 2
    assert tracks.filter(road_user="cyclist")["frame"].to_list() == [i for i in range(30) if i not in hidden]


def test_a_flicker_of_class_in_place_stays_in_its_track():
    boxes = [[(*b[:4], 0.8, PEDESTRIAN if i % 5 == 4 else CYCLIST)] for i, b in enumerate(moving(30, 0, 150, 100))]
    assert follow(boxes)["track_id"].n_unique() == 1


@pytest.mark.parametrize(("score", "is_followed"), [(0.45, False), (0.6, True)])
def test_a_second_box_over_somebody_followed_starts_a_track_only_if_it_is_sure(score, is_followed):
    somebody = moving(20, 0, 100, 100, PEDESTRIAN, size=(20, 50))
    second = [(b[0] + 2, b[1] + 22, b[2] + 2, b[3] + 6, score, PEDESTRIAN) for b in somebody]
    aside = [(b[0] + 60, *b[1:2], b[2] + 60, b[3], 0.45, PEDESTRIAN) for b in somebody]
    tracks = follow(
        [[a] if i < 3 else [a, b, c] for i, (a, b, c) in enumerate(zip(somebody, second, aside, strict=True))]
    )
    assert tracks["track_id"].n_unique() == 2 + is_followed


def test_boxes_from_before_confirmation_are_kept():
    tracks = follow([[], *[[b] for b in moving(10, 0, 50, 100)]])
    assert tracks["frame"].to_list() == list(range(1, 11))


def test_a_gap_is_bridged_within_patience_and_not_beyond():
    boxes = [[b] for b in moving(40, 0, 200, 100)]
    short = [b if not 15 <= i < 22 else [] for i, b in enumerate(boxes)]
    long = [b if not 15 <= i < 32 else [] for i, b in enumerate(boxes)]
    assert followed(short).fragments()["fragment"].n_unique() == 1
    assert followed(long).fragments()["fragment"].n_unique() == 2


def test_weak_boxes_continue_a_track_and_never_start_one():
    strong = [[b] for b in moving(30, 0, 150, 100)]
    weak = [[(*b[0][:4], 0.12, CAR)] for b in strong]
    assert follow(strong[:10] + weak[10:20] + strong[20:])["track_id"].n_unique() == 1
    assert follow(weak).is_empty()


def test_weak_boxes_that_led_to_a_track_are_added_in_hindsight():
    boxes = moving(30, 0, 150, 100)
    weak = [[(*b[:4], 0.12, CAR)] for b in boxes]
    strong = [[b] for b in boxes]
    assert follow(weak[:10] + strong[10:])["frame"].to_list() == list(range(30))
    assert follow(weak[:2] + [[]] * 6 + weak[8:10] + strong[10:])["frame"].to_list() == list(range(8, 30))


def test_hindsight_goes_back_by_the_way_somebody_came():
    boxes = moving(12, 0, 198, 100)  # each overlaps with the last by less than half
    came = [[(*b[:4], 0.12, CAR)] for b in boxes[:6]]
    assert follow(came + [[b] for b in boxes[6:]])["frame"].to_list() == list(range(12))


def test_what_is_expected_does_not_hang_on_how_often_one_looks():
    often, seldom = (followed([[b] for b in moving(5, 0, 40, 100)]) for _ in range(2))
    nothing = np.empty((0, 4)), np.empty(0), np.empty(0, np.int64)
    for frame in (5, 6, 7, 8):
        often.update(frame, frame / 10, *nothing)
    seldom.update(8, 0.8, *nothing)
    for name, value in vars(often._alive).items():
        assert value == pytest.approx(getattr(seldom._alive, name)), name


def test_a_weak_box_brings_back_who_was_unseen_for_a_moment():
    boxes = [[b] for b in moving(30, 0, 150, 100)]
    weak = [[(*b[0][:4], 0.12, CAR)] for b in boxes]
    flickers = [*boxes[:10], [], [], weak[12], [], [], weak[15], [], [], weak[18], [], [], weak[21], *boxes[22:]]
    assert follow(flickers)["frame"].to_list() == [*range(10), 12, 15, 18, 21, *range(22, 30)]


def test_the_class_is_voted_by_confidence():
    boxes = moving(12, 0, 60, 100)
    flicker = [[(*b[:4], 0.9 if i % 3 else 0.5, CAR if i % 3 else BUS)] for i, b in enumerate(boxes)]
    assert set(follow(flicker)["road_user"]) == {"car"}


def test_a_pedestrian_never_becomes_a_car():
    boxes = moving(20, 0, 60, 100)
    mixed = [[(*b[:4], 0.9, PEDESTRIAN if i < 10 else CAR)] for i, b in enumerate(boxes)]
    assert sorted(follow(mixed).group_by("track_id").first()["road_user"].cast(str)) == ["car", "pedestrian"]


def test_fewer_boxes_than_wanted_are_no_track():
    assert follow([[b] for b in moving(2, 0, 10, 100)]).is_empty()


def test_numbers_start_again_with_every_recording():
    frames = [[b] for b in moving(10, 0, 50, 100)]
    assert follow(frames)["track_id"].unique().to_list() == follow(frames)["track_id"].unique().to_list() == [1]


def test_nothing_seen_gives_an_empty_table():
    assert follow([[], [], []]).is_empty()


@pytest.mark.parametrize("step_s", [0.02, 0.04, 0.1])
def test_time_steps_may_differ(step_s):
    frames = [[b] for b in moving(30, 0, 30 * 400 * step_s / 4, 100)]
    assert follow(frames, step_s=step_s)["track_id"].n_unique() == 1


side = st.floats(0, 100, width=32)
rectangle = st.tuples(side, side, st.floats(1, 50, width=32), st.floats(1, 50, width=32)).map(
    lambda r: (r[0], r[1], r[0] + r[2], r[1] + r[3])
)


@given(st.lists(rectangle, min_size=1, max_size=4), st.lists(rectangle, min_size=1, max_size=4))
def test_overlap_is_that_of_shapely(a, b):
    ours = overlap(np.array(a, float), np.array(b, float))
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            p_box, q_box = shapely.box(*p), shapely.box(*q)
            theirs = p_box.intersection(q_box).area / p_box.union(q_box).area
            assert ours[i, j] == pytest.approx(theirs, abs=1e-6)
