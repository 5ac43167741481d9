"""The closed list of road users Passant counts, and how model labels map onto it."""

from enum import StrEnum


class RoadUser(StrEnum):
    """What a road user is, as far as a box in a picture can tell."""

    PEDESTRIAN = "pedestrian"
    CYCLIST = "cyclist"
    SCOOTER = "scooter"
    MOTORCYCLE = "motorcycle"
    CAR = "car"
    VAN = "van"
    BUS = "bus"
    TRUCK = "truck"
    TRAM = "tram"

    @property
    def code(self) -> int:
        """Position in the list: the ``class_id`` of a detection."""
        return ROAD_USERS.index(self)


ROAD_USERS: tuple[RoadUser, ...] = tuple(RoadUser)
MOTOR_VEHICLES = frozenset({RoadUser.CAR, RoadUser.VAN, RoadUser.BUS, RoadUser.TRUCK})
# People, alone or on two wheels: in a box they may pass for one another, but never for a car.
LIGHT = frozenset(RoadUser) - MOTOR_VEHICLES - {RoadUser.TRAM}

# COCO's names and those of the demo detector. COCO draws a ridden bicycle without its rider, so
# `riders.py` joins the two; a bicycle that crosses a line without a visible rider is still ridden.
_LABELS = {
    "person": RoadUser.PEDESTRIAN,
    "pedestrian": RoadUser.PEDESTRIAN,
    "bicycle": RoadUser.CYCLIST,
    "cyclist": RoadUser.CYCLIST,
    "scooter": RoadUser.SCOOTER,
    "motorcycle": RoadUser.MOTORCYCLE,
    "car": RoadUser.CAR,
    "van": RoadUser.VAN,
    "bus": RoadUser.BUS,
    "truck": RoadUser.TRUCK,
    "train": RoadUser.TRAM,
    "tram": RoadUser.TRAM,
}


def road_user_of(label: str) -> RoadUser | None:
    """The road user a model label stands for, or None for labels Passant never looks at."""
    return _LABELS.get(label.strip().lower())
