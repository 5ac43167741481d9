from dataclasses import replace

import pytest

from detectors.tuning import Limits, Running, Trial, cheaper, walk

LIMITS = Limits(tolerance=0.02, displacement=0.1, region_px=(0, 0, 320, 360), region_share=0.5, has_int8=True)
FIRST = Running()


def cost(running):
    int8, gated = (0.4 if running.precision == "int8" else 1.0), (0.9 if running.is_gated else 1.0)
    return running.image_size_px**2 / 640**2 / running.every * int8 * gated


def walked(error, limits=LIMITS):
    """Trials of a walk on which counting by a way of running is off by ``error(running)``."""

    def judge(running):
        return Trial(running, cost(running), 100, error(running))

    return list(walk(Trial(FIRST, cost(FIRST), 100, 0.0), limits, judge))


def chosen(trials):
    return [trial.running for trial, is_step in trials if is_step][-1]


def test_where_counts_never_suffer_everything_is_taken_as_far_as_it_goes():
    end = chosen(walked(lambda _: 0.0))
    assert (end.every, end.precision, end.is_gated, end.region_px) == (10, "int8", True, (0, 0, 320, 360))
    assert end.image_size_px < 320


def test_where_counts_always_suffer_the_reference_stays():
    trials = walked(lambda running: 0.03)
    assert chosen(trials) == FIRST
    assert len(trials) == 1 + len(cheaper(FIRST, LIMITS))


def test_what_breaks_the_counts_is_left_and_the_rest_taken():
    end = chosen(walked(lambda running: 0.5 if running.every > 2 or running.precision == "int8" else 0.01))
    assert (end.every, end.precision, end.is_gated) == (2, "f32", True)


def test_what_costs_more_is_not_taken_however_well_it_counts():
    def judge(running):
        return Trial(running, 2.0, 100, 0.0)

    assert chosen(list(walk(Trial(FIRST, 1.0, 100, 0.0), LIMITS, judge))) == FIRST


@pytest.mark.parametrize(("displacement", "most"), [(0.1, 10), (0.3, 3), (0.5, 2), (1.1, 1), (None, 10)])
def test_no_rate_is_tried_beyond_the_displacement_shown_to_hold(displacement, most):
    trials = walked(lambda _: 0.0, replace(LIMITS, displacement=displacement))
    assert max(trial.running.every for trial, _ in trials) == most


def test_nothing_is_judged_twice():
    ways = [trial.running for trial, _ in walked(lambda running: 0.01 * (running.every > 3))]
    assert len(ways) == len(set(ways))


def test_a_region_takes_a_smaller_input_of_the_same_scale():
    (step,) = [step for step in cheaper(FIRST, LIMITS) if step.region_px]
    assert step.image_size_px == 320
    assert not any(step.region_px for step in cheaper(FIRST, replace(LIMITS, region_px=None)))
