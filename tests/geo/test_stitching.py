import numpy as np
import pytest

from geo.smoothing import smooth
from geo.stitching import LONGEST_GAP_S, Ends, chains, join


def ends(*walks, sigma_m=0.1, acceleration=0.8):
    """Last and first moments of smoothed walks of (start s, end s, x, y, vx, vy[, code])."""
    lasts, firsts = [], []
    for start, end, x, y, vx, vy, *code in walks:
        time_s = np.arange(start, end + 1e-9, 0.1)
        place = np.column_stack([x + vx * (time_s - start), y + vy * (time_s - start)])
        spread = np.broadcast_to(np.eye(2) * sigma_m**2, (len(time_s), 2, 2))
        noise = np.full(len(time_s), acceleration)
        state, covariance = smooth(np.zeros(len(time_s), np.int64), time_s, place, spread, noise)
        for rows, k in ((lasts, -1), (firsts, 0)):
            rows.append((code[0] if code else 0, time_s[k], state[k], covariance[k], acceleration))
    return tuple(Ends(*(np.array(column) for column in zip(*rows, strict=True))) for rows in (lasts, firsts))


WALK = (0.0, 4.0, 0.0, 0.0, 1.3, 0.0)
FAR = [(float(t), t + 3.0, 30.0 + 3 * t, 20.0, 0.0, 1.3) for t in range(0, 40, 8)]  # strangers elsewhere


def carried_on(gap_s, *, aside_m=0.0, speed=1.3, code=0):
    return (4.0 + gap_s, 8.0 + gap_s, 1.3 * (4.0 + gap_s), aside_m, speed, 0.0, code)


@pytest.mark.parametrize(
    ("later", "is_joined"),
    [
        (carried_on(0.5), True),
        (carried_on(1.5, aside_m=0.4), True),
        (carried_on(LONGEST_GAP_S + 0.2), False),
        (carried_on(0.5, aside_m=3.0), False),
        (carried_on(0.5, speed=-1.3), False),
        (carried_on(0.5, code=3), False),
        (carried_on(-1.0), False),
    ],
    ids=["at once", "a little aside", "too late", "too far aside", "the other way", "another class", "before it ends"],
)
def test_a_broken_way_is_joined_where_it_goes_on(later, is_joined):
    joints = join(*ends(WALK, later, *FAR))
    assert list(zip(joints.earlier, joints.later, strict=True)) == ([(0, 1)] if is_joined else [])


def test_two_abreast_are_not_mixed_up():
    walks = [(0.0, 4.0, 0.0, y, 1.3, 0.0) for y in (0.0, 1.2)] + [(4.8, 8.0, 6.24, y, 1.3, 0.0) for y in (1.2, 0.0)]
    joints = join(*ends(*walks, *FAR))
    assert sorted(zip(joints.earlier, joints.later, strict=True)) == [(0, 3), (1, 2)]


def test_one_end_is_joined_to_one_start():
    joints = join(*ends(WALK, carried_on(0.5), carried_on(0.5, aside_m=0.3), *FAR))
    assert list(zip(joints.earlier, joints.later, strict=True)) == [(0, 1)]


def test_where_many_start_none_is_joined_by_guess():
    rng = np.random.default_rng(0)
    crowd = [(float(t), t + 1.0, *rng.uniform([2, -3], [9, 3]), *rng.normal(0, 1.2, 2)) for t in rng.uniform(3, 7, 150)]
    late = carried_on(2.5, aside_m=1.0)
    alone, among = join(*ends(WALK, late, *FAR)), join(*ends(WALK, late, *crowd))
    assert (0, 1) in zip(alone.earlier.tolist(), alone.later.tolist(), strict=True)
    assert (0, 1) not in zip(among.earlier.tolist(), among.later.tolist(), strict=True)


def test_a_chain_keeps_its_first_number():
    walks = [(5.0 * i, 5.0 * i + 4.0, 6.5 * i, 0.0, 1.3, 0.0) for i in range(4)]
    joints = join(*ends(*walks, *FAR))
    assert chains(joints, 4 + len(FAR)).tolist() == [0, 0, 0, 0, *range(4, 4 + len(FAR))]


def test_nothing_is_joined_to_nothing():
    none = Ends(np.empty(0, np.int64), np.empty(0), np.empty((0, 4)), np.empty((0, 4, 4)), np.empty(0))
    assert len(join(none, none).earlier) == 0
