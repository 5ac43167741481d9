"""What people write in scenario.yaml: the camera, the ways through a place and who takes them.

All coordinates are site-local metres, x to the east and y to the north. Arrivals are those of the
busiest hour; what the time of day, the season and the weather make of them is said elsewhere.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from geo.scenario.bodies import FIGURES

Point = tuple[float, float]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Outline = Annotated[list[Point], Field(min_length=3)]
Share = Annotated[float, Field(ge=0, le=1)]


class Described(BaseModel):
    """A part of scenario.yaml; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PoleCamera(Described):
    """A camera on a pole: where it stands, where it looks and what its lens does (`detectors.lens`)."""

    position_m: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float
    focal_px: Positive
    size_px: tuple[int, int]
    k1: float = 0.0
    k2: float = 0.0


class Signal(Described):
    """A pedestrian signal: walk, then clearance, then the street again."""

    cycle_s: Positive
    walk_s: Positive
    clearance_s: NotNegative

    def is_walk(self, time_s: float) -> bool:
        """Whether pedestrians may step off the kerb; the first three seconds let traffic stop."""
        return 3.0 <= time_s % self.cycle_s < self.walk_s

    def is_street_closed(self, time_s: float) -> bool:
        """Whether vehicles must stop."""
        return time_s % self.cycle_s < self.walk_s + self.clearance_s


class Crossing(Described):
    """Where pedestrians cross a street or a cycle track: by signal, or as at a zebra with the right of way."""

    crossing_id: str
    outline_m: Outline
    has_signal: bool = False


class Route(Described):
    """A way for vehicles: a polyline whose corners are rounded."""

    route_id: str
    via_m: list[Point] = Field(min_length=2)
    corner_radius_m: Positive = 6.0
    corridor_m: Positive = 1.75  # to either side, where others are in the way
    speed_m_s: Positive


class Priority(Described):
    """Another route that is let pass, and the gap in seconds needed before it."""

    route_id: str
    gap_s: Positive


class Gate(Described):
    """Where vehicles wait: before a crossing, to give way, or at a stop.

    ``at_m`` is where fronts come to rest. A gate without ``routes`` holds for every route that passes
    it. ``clear_m`` is the way beyond it that must be free to be left again.
    """

    gate_id: str
    at_m: Point
    routes: list[str] = []
    crossings: list[str] = []
    gives_way_to: list[Priority] = []
    stop: str | None = None
    clear_m: NotNegative = 0.0


class Stop(Described):
    """A stop of buses and trams: how long doors stay open, at least and at most, and the kerb in front of them."""

    stop_id: str
    dwell_s: tuple[Positive, Positive]
    kerb_y_m: float


class Flow(Described):
    """Vehicles that take a route, at random or by timetable."""

    flow_id: str
    route_id: str
    arrivals_per_h: Positive
    figures: dict[str, Share]
    is_scheduled: bool = False
    purpose: str = "through"

    @model_validator(mode="after")
    def _figures_are_shares(self) -> Flow:
        if abs(sum(self.figures.values()) - 1.0) > 1e-6 or not self.figures.keys() <= FIGURES.keys():
            raise ValueError(f"figures must add up to 1 over {sorted(FIGURES)}")
        return self


class Seat(Described):
    """Where one person sits, and the direction it looks in, counter-clockwise from east."""

    at_m: Point
    heading_deg: float


class Spot(Described):
    """A named place that walks pass, and what people do there.

    ``crossing``: they wait for it. ``stop``: they wait for a bus or tram. ``seats``: they sit down for
    ``stay_s``, and ``taken`` of the seats are taken from the start. ``stay_s`` alone: they stand.
    """

    at_m: Point
    spread_m: Point = (0.0, 0.0)
    crossing: str | None = None
    stop: str | None = None
    seats: list[Seat] = []
    taken: Share = 0.0
    stay_s: tuple[NotNegative, NotNegative] | None = None


class Walk(Described):
    """A pedestrian route from spot to spot, taken at a rate, or by so many from every bus or tram."""

    walk_id: str
    via: list[str] = Field(min_length=2)
    arrivals_per_h: NotNegative = 0.0
    alighting_per_vehicle: NotNegative = 0.0
    pace: Positive = 1.0
    purpose: str = "walking"


class People(Described):
    """How people come: group sizes as shares of groups, figures as shares of people."""

    group_sizes: dict[int, Share]
    child: Share = 0.0  # of those in company
    pram: Share = 0.0
    wheelchair: Share = 0.0
    wish_m_s: Positive = 1.34  # Weidmann 1993
    wish_sd_m_s: Positive = 0.2

    @model_validator(mode="after")
    def _sizes_are_shares(self) -> People:
        if abs(sum(self.group_sizes.values()) - 1.0) > 1e-6 or not self.group_sizes.keys() <= {1, 2, 3, 4}:
            raise ValueError("group_sizes must add up to 1 over 1, 2, 3, 4")
        return self

    @property
    def mean_group(self) -> float:
        """Mean size of a group."""
        return sum(size * share for size, share in self.group_sizes.items())


class Incident(Described):
    """Something that happens on purpose: on a walk a run or a bag left behind, on a route a car that stops."""

    kind: Literal["running", "left_object", "stopped_vehicle"]
    at_s: NotNegative
    walk_id: str | None = None
    route_id: str | None = None
    at_m: Point | None = None
    duration_s: Positive = 20.0


class Scenario(Described):
    """A place in motion."""

    camera: PoleCamera
    signal: Signal
    crossings: list[Crossing]
    routes: list[Route]
    gates: list[Gate]
    stops: list[Stop]
    flows: list[Flow]
    people: People
    spots: dict[str, Spot]
    walks: list[Walk]
    solids: list[Outline]  # walls and furniture that nobody walks through
    barred: list[Outline]  # where nobody on foot goes
    incidents: list[Incident] = []

    @model_validator(mode="after")
    def _names_are_known(self) -> Scenario:
        routes, crossings = {r.route_id for r in self.routes}, {c.crossing_id for c in self.crossings}
        stops, walks = {s.stop_id for s in self.stops}, {w.walk_id for w in self.walks}
        used = [
            ("routes", routes, [f.route_id for f in self.flows]),
            ("routes", routes, [r for g in self.gates for r in (*g.routes, *(p.route_id for p in g.gives_way_to))]),
            ("routes", routes, [i.route_id for i in self.incidents if i.route_id]),
            ("walks", walks, [i.walk_id for i in self.incidents if i.walk_id]),
            ("crossings", crossings, [c for g in self.gates for c in g.crossings]),
            ("crossings", crossings, [s.crossing for s in self.spots.values() if s.crossing]),
            ("stops", stops, [g.stop for g in self.gates if g.stop]),
            ("stops", stops, [s.stop for s in self.spots.values() if s.stop]),
            ("spots", set(self.spots), [name for w in self.walks for name in w.via]),
        ]
        for part, known, names in used:
            if missing := sorted(set(names) - known):
                raise ValueError(f"{part}: no '{missing[0]}'. Use one of: {', '.join(sorted(known))}")
        return self
