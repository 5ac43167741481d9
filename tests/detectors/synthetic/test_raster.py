import numpy as np
import pytest

from detectors.synthetic.raster import draw_actor, draw_depth, draw_static

SQUARE = np.array([[2, 2], [8, 2], [8, 6], [2, 6]], np.float32)
FACES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def flat(depth, shift=0.0):
    return np.column_stack([SQUARE + np.float32(shift), np.full(4, depth)]).astype(np.float32)


def test_two_triangles_cover_their_square_exactly():
    depth = np.zeros((10, 12), np.float32)
    draw_depth(flat(0.5), FACES, depth)
    expected = np.zeros_like(depth)
    expected[2:6, 2:8] = 0.5
    assert depth == pytest.approx(expected)


@pytest.mark.parametrize("order", [(0.2, 0.5), (0.5, 0.2)])
def test_the_nearer_one_is_seen(order):
    depth, out = np.zeros((10, 12), np.float32), np.zeros((10, 12, 1), np.float32)
    for inverse in order:
        draw_static(flat(inverse), np.full((4, 1), inverse, np.float32), FACES, depth, out)
    assert out[4, 4, 0] == pytest.approx(0.5)


def test_what_is_behind_the_camera_is_not_drawn():
    depth, out = np.zeros((10, 12), np.float32), np.zeros((10, 12, 1), np.float32)
    draw_static(flat(0.0), np.ones((4, 1), np.float32), FACES, depth, out)
    assert not out.any()


def test_hidden_samples_count_for_the_whole():
    depth, owner, stamp = (
        np.zeros((10, 12), np.float32),
        np.full((10, 12), -1, np.int32),
        np.full((10, 12), -1, np.int32),
    )
    colour = np.zeros((10, 12, 3), np.float32)
    paint = np.ones((4, 3), np.float32)
    whole = [draw_actor(flat(d), paint, FACES, i, depth, owner, stamp, colour) for i, d in enumerate((0.5, 0.2))]
    assert whole == [24, 24]
    assert [(owner == i).sum() for i in (0, 1)] == [24, 0]
