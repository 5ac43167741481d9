import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.synthetic import bones

HEIGHTS = st.floats(1.0, 2.0)


def ends(pose, bone, length):
    return pose[bone, :, 3], pose[bone] @ np.array([0.0, 0.0, -length, 1.0])


@given(HEIGHTS, st.floats(0.0, 50.0), st.floats(0.3, 3.0))
def test_a_walker_keeps_one_foot_on_the_ground(height, distance, speed):
    pose = bones.walking(height, distance, speed)
    soles = [pose[bones.FOOT + side, 2, 3] - bones.FOOT_SHARE * height for side in (0, 1)]
    assert min(soles) == pytest.approx(0.0, abs=0.02)
    assert max(soles) < 0.45 * height


@given(HEIGHTS, st.floats(0.0, 50.0))
def test_limbs_hang_together(height, distance):
    pose = bones.walking(height, distance, 1.3)
    for side in (0, 1):
        _, knee = ends(pose, bones.THIGH + side, bones.THIGH_SHARE * height)
        assert knee == pytest.approx(pose[bones.SHIN + side, :, 3], abs=1e-6)
        _, ankle = ends(pose, bones.SHIN + side, bones.SHIN_SHARE * height)
        assert ankle == pytest.approx(pose[bones.FOOT + side, :, 3], abs=1e-6)


@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.floats(-0.9, -0.1))
def test_bent_limbs_keep_their_lengths(x, y, z):
    root, target = np.zeros(3), np.array([x, y, z])
    middle, end = bones.bent(root, target, 0.5, 0.4, (1.0, 0.0, 0.0))
    assert np.linalg.norm(middle - root) == pytest.approx(0.5, abs=1e-3)
    if 0.1 < np.linalg.norm(target) < 0.9:
        assert np.linalg.norm(end - middle) == pytest.approx(0.4, abs=1e-3)
        assert end == pytest.approx(target, abs=1e-3)


def test_bones_turn_and_never_stretch():
    for pose in (bones.walking(1.7, 3.3, 1.4), bones.standing(1.7, 4), bones.seated(1.7, 0.45, 4)):
        turn = pose[:, :, :3]
        assert turn @ turn.transpose(0, 2, 1) == pytest.approx(np.broadcast_to(np.eye(3), turn.shape), abs=1e-6)
        assert np.linalg.det(turn) == pytest.approx(np.ones(len(turn)), abs=1e-6)
