import pytest

from detectors.road_users import ROAD_USERS, RoadUser, road_user_of


def test_codes_are_places_in_the_list():
    assert [r.code for r in ROAD_USERS] == list(range(len(RoadUser)))


@pytest.mark.parametrize(
    ("label", "road_user"),
    [
        ("person", RoadUser.PEDESTRIAN),
        ("Bicycle", RoadUser.CYCLIST),
        ("train", RoadUser.TRAM),
        ("dog", None),
        ("", None),
    ],
)
def test_labels(label, road_user):
    assert road_user_of(label) is road_user


def test_every_road_user_has_a_label_of_its_own_name():
    assert all(road_user_of(r.value) is r for r in ROAD_USERS)
