import os

import pytest

from detectors.cores import cores


@pytest.mark.parametrize(
    ("held_to", "asked", "used"), [(4, None, 4), (4, "1", 1), (2, "8", 2), (4, "", 4), (4, "0", 4), (4, "2,1", 4)]
)
def test_a_process_uses_what_it_is_held_to_and_no_more_than_it_is_asked_to(monkeypatch, held_to, asked, used):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(held_to)))
    if asked is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert cores() == used
