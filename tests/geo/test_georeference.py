import pytest

from geo.georeference import georeference
from tests import builders

CALIBRATION = builders.site().calibrations["pole"]


def test_a_walk_in_the_image_is_a_walk_on_the_ground():
    path = [(i * 0.1, *builders.to_px(3 + 0.14 * i, 6.0)) for i in range(50)]
    placed = georeference(builders.tracks((1, path)), builders.camera(), CALIBRATION).trajectories
    assert placed.height == 50
    assert placed["y_m"].to_numpy() == pytest.approx(6.0, abs=0.02)
    assert placed["vx_m_s"].mean() == pytest.approx(1.4, abs=0.02)
    assert (placed["var_x_m2"] > 0).all()


@pytest.mark.parametrize(("x", "y"), [(3, 60), (157, 60), (80, 119.5)], ids=["left edge", "right edge", "lower edge"])
def test_boxes_cut_off_by_the_edge_have_no_place(x, y):
    path = [(0.0, 80.0, 60.0), (0.1, 80.0, 60.0), (0.2, float(x), float(y))]
    placed = georeference(builders.tracks((1, path)), builders.camera(), CALIBRATION).trajectories
    assert placed.height == 2


def test_no_track_has_no_trajectory():
    nothing = builders.tracks((1, [(0.0, 80.0, 60.0)])).head(0)
    assert georeference(nothing, builders.camera(), CALIBRATION).trajectories.is_empty()
