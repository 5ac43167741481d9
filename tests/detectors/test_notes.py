import numpy as np
import pytest

from detectors.notes import Notes


def noted(in_memory, frames=50, n=7):
    notes = Notes(in_memory)
    rng = np.random.default_rng(3)
    for frame in range(frames):
        boxes = rng.random((n, 4)) * 100
        notes.add(np.arange(n) + frame // 10, frame, frame / 10, (boxes, rng.random(n), np.arange(n)))
    return notes


@pytest.mark.parametrize("in_memory", [1, 20, 21, 349, 350])
def test_on_disk_is_as_in_memory(in_memory):
    kept, spilled = noted(10**6), noted(in_memory)
    every = np.flatnonzero(kept.boxes_of)
    assert kept.of(every).height == 350
    assert kept.of(every).equals(spilled.of(every))
    assert kept.of(np.array([2, 5])).equals(spilled.of(np.array([2, 5])))
    assert np.array_equal(kept.boxes_of, spilled.boxes_of)


def test_boxes_can_be_noted_after_reading():
    notes = noted(20)
    before = notes.of(np.array([3])).height
    notes.add(np.array([3]), 99, 9.9, (np.ones((1, 4)), np.ones(1), np.zeros(1, int)))
    assert notes.of(np.array([3]))["frame"].to_list()[-1] == 99
    assert notes.of(np.array([3])).height == before + 1 == notes.boxes_of[3]


def test_nothing_noted_is_an_empty_table():
    assert Notes().of(np.empty(0, np.int64)).is_empty()


def test_a_number_far_beyond_the_others_finds_room():
    notes = Notes()
    notes.add(np.array([5000]), 0, 0.0, (np.ones((1, 4)), np.ones(1), np.zeros(1, int)))
    assert notes.of(np.array([5000])).height == 1
