"""Real clips through the main job; what they count is reported by ``make truth``, not asserted here."""

import pytest

from tests.end_to_end.truth import DEFAULT_WEIGHTS, count
from tests.footage import SHARED, clips

pytestmark = [
    pytest.mark.slow,
    pytest.mark.oracle,
    pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared"),
]
NAMES = ["plaza_walking", "suburban_street", "dresden_00", "dresden_10", "dresden_metres_00", "dresden_metres_10"]


@pytest.mark.parametrize("name", NAMES)
def test_every_real_clip_goes_the_whole_way(tmp_path, name):
    (clip,) = (c for c in clips() if c.name == name)
    rows = count(clip, tmp_path, DEFAULT_WEIGHTS).rows
    by_class = rows.filter(rows["road_user"] != "motor_vehicle")
    assert by_class["true"].sum() == len(clip.truth)
    assert by_class["counted"].sum() > 0
    assert (rows["counted"] - rows["extra"]).equals((rows["true"] - rows["missed"]).alias("counted"))


def test_there_is_no_clip_without_a_test():
    assert [c.name for c in clips()] == NAMES
