import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.level_of_service import (
    DETECTOR_LIMIT_PER_M2,
    FOOT_M,
    FRUIN_QUEUE,
    FRUIN_STAIRS,
    FRUIN_WALKWAY,
    FRUIN_WALKWAY_FLOW,
    HCM_PLATOON,
    HCM_QUEUE,
    HCM_WALKWAY,
    HCM_WALKWAY_FLOW,
    SQUARE_FOOT_M2,
    STANDARDS,
    TFL_COMFORT,
    DetectionRecord,
    Standard,
    grade_density,
    letter_probabilities,
)


@pytest.mark.parametrize(
    ("standard", "square_feet", "on_bounds"),
    [
        (FRUIN_WALKWAY, (35, 25, 15, 10, 5), "ABCDF"),
        (FRUIN_STAIRS, (20, 15, 10, 7, 4), "ABCDF"),
        (FRUIN_QUEUE, (13, 10, 7, 3, 2), "ABCDF"),
        (HCM_WALKWAY, (60, 40, 24, 15, 8), "BCDEF"),
        (HCM_PLATOON, (530, 90, 40, 23, 11), "BCDEF"),
        (HCM_QUEUE, (13, 10, 6, 3, 2), "BCDEF"),
    ],
)
def test_letters_change_at_exact_square_feet(standard, square_feet, on_bounds):
    space = np.array(square_feet) * SQUARE_FOOT_M2
    assert "".join(standard.grade(space)) == on_bounds
    assert "".join(standard.grade(space * (1 + 1e-12))) == "ABCDE"
    assert "".join(standard.grade(space * (1 - 1e-12))) == "BCDEF"


@pytest.mark.parametrize(
    ("standard", "per_foot"), [(FRUIN_WALKWAY_FLOW, (7, 10, 15, 20, 25)), (HCM_WALKWAY_FLOW, (5, 7, 10, 15, 23))]
)
def test_letters_of_flow_change_at_people_per_minute_and_foot(standard, per_foot):
    flow = np.array(per_foot) / FOOT_M
    assert "".join(standard.grade(flow)) == "ABCDE"
    assert "".join(standard.grade(flow * (1 + 1e-12))) == "BCDEF"


def test_tfl_has_eleven_levels():
    flow = [2.9, 3, 5.9, 6, 9, 12, 15, 18, 21, 24, 27, 35, 35.1]
    assert TFL_COMFORT.grade(flow).tolist() == [
        "A+", "A", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D", "D", "E",
    ]  # fmt: skip


def test_the_same_place_has_another_letter_by_another_standard():
    density = 1 / (20 * SQUARE_FOOT_M2)
    assert [str(s.grade_density(density)) for s in (FRUIN_WALKWAY, FRUIN_STAIRS, FRUIN_QUEUE, HCM_WALKWAY)] == list(
        "CAAD"
    )


def test_an_empty_place_has_the_best_letter():
    assert FRUIN_WALKWAY.grade_density(0.0) == "A"


def test_a_standard_of_flow_does_not_grade_density():
    with pytest.raises(ValueError, match="grades flow, not space"):
        TFL_COMFORT.grade_density(1.0)


def test_letters_and_bounds_must_agree():
    with pytest.raises(ValueError, match="one bound fewer"):
        Standard("x", "space", ("A", "B"), (1.0, 2.0), (True, True), is_verified=False)


def test_names_tell_standards_apart():
    assert len({s.name for s in STANDARDS}) == len(STANDARDS)
    for standard in STANDARDS:
        rising = np.diff(standard.crowding_bounds())
        assert (rising > 0).all(), standard.name


@settings(max_examples=60)
@given(st.floats(0.001, 6), st.floats(0, 2), st.sampled_from(STANDARDS), st.integers(0, 50))
def test_probabilities_sum_to_one(density, sigma, standard, missed):
    chances = letter_probabilities(
        np.array([density]),
        np.array([sigma]),
        standard,
        detection=DetectionRecord(60, missed, 3),
        people=np.array([9.0]),
    )
    assert chances.sum() == pytest.approx(1)
    assert (chances >= -1e-12).all()


@settings(max_examples=60)
@given(st.floats(0.02, 3))
def test_without_error_the_letter_is_certain(density):
    bounds = FRUIN_WALKWAY.crowding_bounds()
    if np.abs(density / bounds - 1).min() > 1e-6:
        chances = letter_probabilities(np.array([density]), np.zeros(1), FRUIN_WALKWAY)[0]
        assert FRUIN_WALKWAY.letters[chances.argmax()] == FRUIN_WALKWAY.grade_density(density)
        assert chances.max() == pytest.approx(1)


def test_missed_people_make_it_worse():
    density, sigma = np.array([0.35]), np.array([0.01])
    as_seen = letter_probabilities(density, sigma, FRUIN_WALKWAY)[0]
    corrected = letter_probabilities(density, sigma, FRUIN_WALKWAY, detection=DetectionRecord(60, 40))[0]
    assert FRUIN_WALKWAY.letters[as_seen.argmax()] == "B"
    assert FRUIN_WALKWAY.letters[corrected.argmax()] == "C"


def test_probabilities_are_those_of_the_truth():
    """Crowds thinned by a detector that finds 9 of 10: the letters' probabilities add up to how often they hold."""
    rng = np.random.default_rng(0)
    people = rng.integers(20, 200, 4000)
    recall = rng.beta(91, 11, 4000)
    seen = rng.binomial(people, recall)
    area_m2 = 200.0
    chances = letter_probabilities(
        seen / area_m2, np.zeros(4000), FRUIN_WALKWAY, detection=DetectionRecord(90, 10), people=seen
    )
    truth = FRUIN_WALKWAY.grade_density(people / area_m2)
    of_truth = chances[np.arange(4000), [FRUIN_WALKWAY.letters.index(letter) for letter in truth]]
    for low, high in [(0.05, 0.35), (0.35, 0.65), (0.65, 0.95)]:
        among = (chances > low) & (chances <= high)
        holds = truth[:, None] == np.array(FRUIN_WALKWAY.letters)
        assert holds[among].mean() == pytest.approx(chances[among].mean(), abs=0.05)
    assert (of_truth > 0.025).mean() > 0.95
    best = np.array(FRUIN_WALKWAY.letters)[chances.argmax(axis=1)]
    uncorrected = FRUIN_WALKWAY.grade_density(seen / area_m2)
    assert (best == truth).mean() > (uncorrected == truth).mean()


def test_grading_stops_where_boxes_merge():
    grades = grade_density(np.array([0.5, DETECTOR_LIMIT_PER_M2, 5.0]), np.full(3, 0.05), FRUIN_WALKWAY)
    assert [g.is_at_least for g in grades] == [False, True, True]
    assert str(grades[0]) == "C, 92% (Fruin 1971, walkway)"
    assert str(grades[2]) == "E or worse (Fruin 1971, walkway; at least 2 people per m2)"
    assert grades[2].probability == {}
