import pytest

from geo.discharge import discharge
from geo.site import CountingLine
from tests import builders

START_UP_S, HEADWAY_S = (3.2, 2.6, 2.3, 2.1), 1.9


def queue_of(n, from_s=60.0, first_number=1):
    """Track number, time of crossing and time of moving off of each vehicle of a queue."""
    headways = [*START_UP_S[:n], *([HEADWAY_S] * max(n - len(START_UP_S), 0))]
    times = [from_s + sum(headways[: i + 1]) for i in range(n)]
    return [(first_number + i, at_s, from_s + i) for i, at_s in enumerate(times)]


def _way(at_s, stood_s):
    """Stands 20 m before the line until ``stood_s``, or drives past without a stop where that is None."""
    if stood_s is None:
        return [(at_s - 2, -20.0, 0.0), (at_s - 1, -10.0, 0.0), (at_s, 0.0, 0.0)]
    return [(stood_s - 1, -20.0, 0.0), (stood_s, -20.0, 0.0), (stood_s + 0.001, -20.0, 0.0), (at_s, 0.0, 0.0)]


def discharged(vehicles, role="stop_line"):
    crossings = builders.line_crossings("stop", *((number, at_s, 5.0, "car") for number, at_s, _ in vehicles))
    ways = [(number, _way(at_s, stood_s)) for number, at_s, stood_s in vehicles]
    standing = builders.trajectories(*ways, road_user="car")
    line = builders.site().lines[0]
    stop = CountingLine(**{**vars(line), "line_id": "stop", "role": role, "space": "ground"})
    return discharge(crossings, standing, [stop])


def test_saturation_headway_and_start_up_loss_are_recovered():
    (row,) = discharged(queue_of(10)).rows(named=True)
    assert (row["queues"], row["vehicles"], row["saturated"]) == (1, 10, 6)
    assert row["saturated_s"] / row["saturated"] == pytest.approx(HEADWAY_S, rel=1e-6)
    loss_s = row["first_four_s"] / row["queues"] - 4 * HEADWAY_S
    assert loss_s == pytest.approx(sum(h - HEADWAY_S for h in START_UP_S), abs=0.01)


def test_queues_of_two_cycles_are_two():
    (row,) = discharged([*queue_of(8), *queue_of(9, from_s=120, first_number=20)]).rows(named=True)
    assert (row["queues"], row["saturated"]) == (2, 9)
    assert row["saturated_s"] / row["saturated"] == pytest.approx(HEADWAY_S, rel=1e-6)


def test_four_vehicles_say_nothing_about_saturation():
    assert discharged(queue_of(4)).is_empty()


def test_who_did_not_stand_is_not_of_the_queue():
    flying = [(number, at_s, stood_s if number <= 6 else None) for number, at_s, stood_s in queue_of(9)]
    (row,) = discharged(flying).rows(named=True)
    assert row["vehicles"] == 6


def test_only_stop_lines_have_a_discharge():
    assert discharged(queue_of(9), role="counting").is_empty()
