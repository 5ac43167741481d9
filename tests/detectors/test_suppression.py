import numpy as np
import pytest

from detectors.suppression import surest


def boxes(seed, n):
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(0, 200, (n, 2)), rng.uniform(10, 60, (n, 2))
    return np.concatenate([corner, corner + size], axis=1).astype(np.float32), rng.random(n).astype(np.float32)


@pytest.mark.parametrize("n", [0, 1, 30, 400])
@pytest.mark.parametrize("overlap", [0.3, 0.55])
def test_the_same_boxes_stay_as_with_torchvision(n, overlap):
    import torch
    from torchvision.ops import nms

    corners, scores = boxes(n, n)
    theirs = nms(torch.from_numpy(corners), torch.from_numpy(scores), overlap).tolist()
    assert surest(corners, scores, overlap, 300).tolist() == theirs[:300]


def test_a_box_that_is_gone_drops_no_other():
    corners = np.array([[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]], np.float32)
    assert surest(corners, np.array([0.9, 0.8, 0.7], np.float32), 0.3, 300).tolist() == [0, 2]
    assert surest(corners, np.array([0.9, 0.8, 0.7], np.float32), 0.3, 1).tolist() == [0]
