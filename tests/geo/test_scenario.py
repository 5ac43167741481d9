"""How people and vehicles of the demo scene move: the same for a seed, apart from each other, by the rules."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from detectors.road_users import RoadUser
from geo.scenario import STEP_S, Scenario, simulate, true_crossings
from geo.scenario.bodies import FIGURES
from pipelines.sites import load_site
from pipelines.stages.simulate import read_scenario

FOLDER = load_site(Path("data/sites/lindenplatz"))
SCENARIO = read_scenario(FOLDER)
SIGNAL = SCENARIO.signal


@pytest.fixture(scope="module")
def scene():
    return simulate(SCENARIO, duration_s=70, seed=20260610, warm_up_s=50)


@pytest.fixture(scope="module")
def rows(scene):
    return scene.positions.join(scene.users, on="user_id", maintain_order="left")


def only(*road_users):
    return pl.col("road_user").is_in(road_users)


ON_FOOT = only("pedestrian")


def boxes(moment):
    """Footprints of road users as polygons."""
    x, y, heading, length, width = (
        moment[name].to_numpy()[:, None] for name in ("x_m", "y_m", "heading_rad", "length_m", "width_m")
    )
    ahead, left = np.array([[-0.5, 0.5, 0.5, -0.5]]) * length, np.array([[-0.5, -0.5, 0.5, 0.5]]) * width
    cos, sin = np.cos(heading), np.sin(heading)
    return shapely.polygons(np.stack([x + ahead * cos - left * sin, y + ahead * sin + left * cos], axis=-1))


def moments(rows, every):
    step = (pl.col("time_s") / STEP_S).round().cast(pl.Int64)
    return [moment for _, moment in rows.filter(step % every == 0).group_by("time_s")]


def test_the_same_seed_gives_the_same_scene():
    once, again, other = (simulate(SCENARIO, duration_s=5, seed=seed, warm_up_s=15) for seed in (3, 3, 4))
    assert once.positions.equals(again.positions)
    assert once.users.equals(again.users)
    assert once.joints.equals(again.joints)
    assert not once.positions.equals(other.positions)


def test_positions_lie_on_whole_steps_and_without_gaps(rows):
    steps = rows["time_s"].to_numpy() / STEP_S
    assert steps == pytest.approx(np.round(steps))
    gaps = rows.select(pl.col("time_s").diff().over("user_id")).drop_nulls().to_series()
    assert gaps.to_numpy() == pytest.approx(STEP_S)


@pytest.mark.slow
def test_the_demo_holds_enough_of_everybody():
    demo = simulate(SCENARIO, duration_s=180, seed=20260610)
    crossings = true_crossings(demo, [line for line in FOLDER.site.lines if line.space == "ground"])
    assert set(crossings["road_user"]) == {f.road_user.value for f in FIGURES.values()}
    two_wheels = crossings.filter(only("cyclist", "scooter")).height
    people = crossings.filter(ON_FOOT).height
    assert people >= 100
    assert two_wheels >= 40
    assert crossings.height - people - two_wheels >= 60


@pytest.mark.parametrize(
    ("road_user", "fastest_m_s"),
    [("pedestrian", 5.2), ("cyclist", 7.5), ("scooter", 8.0), ("car", 13.0), ("tram", 12.0)],
)
def test_nobody_is_faster_than_its_kind(rows, road_user, fastest_m_s):
    way = (pl.col("x_m").diff() ** 2 + pl.col("y_m").diff() ** 2).sqrt().over("user_id") / STEP_S
    assert rows.filter(road_user=road_user).select(way).to_series().max() < fastest_m_s


def test_the_speed_told_is_the_speed_gone(rows):
    way = (pl.col("x_m").diff() ** 2 + pl.col("y_m").diff() ** 2).sqrt().over("user_id") / STEP_S
    straight = rows.filter(only("car", "van", "bus", "truck")).with_columns(gone=way).drop_nulls("gone")
    assert (straight["gone"] - straight["speed_m_s"]).abs().quantile(0.99) < 0.5


def test_vehicles_never_overlap(rows):
    for moment in moments(rows.filter(~ON_FOOT), every=3):
        shapes = boxes(moment)
        first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        assert (first == second).all(), moment[np.unique(first[first != second])]


def test_nobody_on_foot_is_touched_by_a_moving_vehicle(rows):
    for moment in moments(rows, every=2):
        moving = boxes(moment.filter(~ON_FOOT, pl.col("speed_m_s") > 0.3))
        people = moment.filter(ON_FOOT)
        tree = shapely.STRtree(shapely.points(people["x_m"], people["y_m"]))
        assert tree.query(moving, predicate="intersects").size == 0


def test_nobody_walks_through_walls_furniture_or_traffic(rows):
    upright = rows.filter(ON_FOOT, pl.col("pose") != "sitting")
    solids = shapely.union_all([shapely.Polygon(o).buffer(-0.15) for o in (*SCENARIO.solids, *SCENARIO.barred)])
    shapely.prepare(solids)
    assert not shapely.contains_xy(solids, *upright.select("x_m", "y_m").to_numpy().T).any()


def test_red_means_stop(rows):
    """Once people walk, no motor vehicle comes onto the crossing."""
    into = rows.filter(only("car", "van", "bus", "truck", "tram", "motorcycle")).with_columns(
        front=pl.col("x_m") + pl.col("heading_rad").cos() * pl.col("length_m") / 2,
        phase=pl.col("time_s") % SIGNAL.cycle_s,
    )
    onto = pl.col("front").is_between(12.0, 16.0) & ~pl.col("front").shift(1).over("user_id").is_between(12.0, 16.0)
    entering = into.filter(onto, pl.col("y_m").is_between(14.8, 21.8))
    assert entering.height > 5
    assert entering.filter(pl.col("phase").is_between(4.0, SIGNAL.walk_s + SIGNAL.clearance_s - 0.2)).is_empty()


def test_people_start_over_the_street_only_while_they_may(rows):
    street = pl.col("x_m").is_between(12, 16) & pl.col("y_m").is_between(14.8, 21.8)
    starts = rows.filter(ON_FOOT).filter(street & ~street.shift(1, fill_value=True).over("user_id"))
    phase = (starts["time_s"] % SIGNAL.cycle_s).to_numpy()
    assert len(phase) >= 5
    # Who sets out with the last of the green reaches the edge of the street a moment later.
    assert ((phase >= 3.0) & (phase < SIGNAL.walk_s + 4.0)).all()


def test_groups_keep_together(rows):
    companions = rows.filter(pl.col("group_id").is_not_null())
    away = ((pl.col("x_m") - pl.col("x_m").mean()) ** 2 + (pl.col("y_m") - pl.col("y_m").mean()) ** 2).sqrt()
    distance = companions.select(away.over("group_id", "time_s")).to_series()
    assert distance.median() < 1.0
    assert distance.quantile(0.99) < 4.0
    assert companions.group_by("group_id").agg(pl.col("user_id").n_unique())["user_id"].max() <= 4


def test_who_brakes_shows_it(rows):
    pull = (pl.col("speed_m_s").diff() / STEP_S).over("user_id")
    hard = rows.filter(~ON_FOOT).with_columns(pull=pull).filter(pl.col("pull") < -0.8)
    assert hard.height > 20
    assert hard["is_braking"].all()
    assert not rows.filter(ON_FOOT)["is_braking"].any()


def test_poses_say_what_people_do(rows):
    people = rows.filter(ON_FOOT)
    assert people.filter(pose="moving")["speed_m_s"].min() >= 0.3
    assert people.filter(pose="standing")["speed_m_s"].max() < 0.3
    sitters = people.filter(pose="sitting")
    seats = np.array([s.at_m for spot in SCENARIO.spots.values() for s in spot.seats])
    apart = np.hypot(*(sitters.select("x_m", "y_m").to_numpy()[:, None] - seats[None]).transpose(2, 0, 1))
    assert apart.min(axis=1).max() < 0.05
    alone = sitters.select(pl.len().over("time_s", pl.col("x_m").round(1), pl.col("y_m").round(1))).to_series()
    assert alone.max() == 1


def test_people_leave_vehicles_that_stand_at_the_stop(rows):
    firsts = rows.filter(purpose="alighting").group_by("user_id").agg(pl.all().first()).filter(pl.col("time_s") > 0)
    assert firsts.height > 0
    for person in firsts.iter_rows(named=True):
        stand = rows.filter(
            only("bus", "tram"), (pl.col("time_s") - person["time_s"]).abs() < STEP_S / 2, pl.col("speed_m_s") < 0.1
        )
        beside = (stand["x_m"] - person["x_m"]).abs() < stand["length_m"] / 2
        assert beside.any()


def test_a_trams_sections_hang_together(scene):
    assert scene.joints.height > 0
    for _, tram in scene.joints.filter(pl.col("time_s") % 1.0 < 0.05).group_by("user_id", "time_s"):
        ordered = tram.sort("section")
        gap = np.hypot(ordered["x_m"].diff().drop_nulls(), ordered["y_m"].diff().drop_nulls())
        assert gap.to_numpy() == pytest.approx(ordered["length_m"][0], rel=0.02)


def test_factors_scale_who_comes():
    none = simulate(SCENARIO, duration_s=2, seed=1, warm_up_s=20, factors={RoadUser.CAR: 0.0, RoadUser.VAN: 0.0})
    assert set(none.users["road_user"]).isdisjoint({"car", "van"})
    assert "cyclist" in set(none.users["road_user"])


def test_incidents_happen_where_and_when_they_are_told():
    incidents = [
        {"kind": "running", "at_s": 2, "walk_id": "square_eastward"},
        {"kind": "left_object", "at_s": 3, "walk_id": "square_westward", "at_m": [5, 5], "duration_s": 9},
        {"kind": "stopped_vehicle", "at_s": 0, "route_id": "east", "at_m": [-30, 16.55], "duration_s": 4},
    ]
    staged = Scenario.model_validate({**SCENARIO.model_dump(), "incidents": incidents})
    scene = simulate(staged, duration_s=25, seed=5, warm_up_s=30, factors={RoadUser.PEDESTRIAN: 2.0})
    events = {row["kind"]: row for row in scene.events.iter_rows(named=True)}
    assert events.keys() == {"running", "left_object", "stopped_vehicle"}
    stop = events["stopped_vehicle"]
    assert stop["end_s"] - stop["start_s"] == pytest.approx(4.0)
    car = scene.positions.filter(
        pl.col("user_id") == stop["user_id"], pl.col("time_s").is_between(stop["start_s"], stop["end_s"] - STEP_S)
    )
    assert car["speed_m_s"].max() < 0.2
    assert car["x_m"].to_numpy() == pytest.approx(-30.0, abs=3.0)
    runner = scene.positions.filter(pl.col("user_id") == events["running"]["user_id"])
    assert runner["speed_m_s"].median() > 3.0
    assert events["left_object"]["start_s"] == pytest.approx(3.0)
