"""What is true of the demo scene agrees with independent counts, and with what the scenario promises."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from geo.scenario import STEP_S, base_flows, simulate, true_counts, true_crossings, true_stays
from pipelines.sites import load_site
from pipelines.stages.simulate import read_scenario

FOLDER = load_site(Path("data/sites/lindenplatz"))
SCENARIO = read_scenario(FOLDER)
LINES = [line for line in FOLDER.site.lines if line.space == "ground"]
ZONES = {
    "stop": np.array([[-10.8, 22.0], [8.2, 22.0], [8.2, 26.6], [-10.8, 26.6]]),
    "square": np.array([[-3.0, 0.5], [8.5, 0.5], [8.5, 7.2], [-3.0, 7.2]]),
}


@pytest.fixture(scope="module")
def scene():
    return simulate(SCENARIO, duration_s=60, seed=11, warm_up_s=60)


def net_by_brute_force(scene, line):
    """Forward minus backward crossings of each road user, by the intersection of each step with the line."""
    (x0, y0), (x1, y1) = line.path
    net = {}
    for (user_id,), rows in scene.positions.group_by("user_id"):
        way = rows.sort("time_s").select("x_m", "y_m").to_numpy()
        side = (way[:, 0] - x0) * (y1 - y0) - (way[:, 1] - y0) * (x1 - x0) >= 0
        for i in np.flatnonzero(side[1:] != side[:-1]):
            if shapely.LineString(way[i : i + 2]).intersects(shapely.LineString(line.path)):
                net[user_id] = net.get(user_id, 0) + (1 if side[i + 1] else -1)
    return {user: n for user, n in net.items() if n}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.line_id)
def test_crossings_are_what_an_independent_count_says(scene, line):
    told = true_crossings(scene, [line]).with_columns(sign=pl.when(direction="forward").then(1).otherwise(-1))
    net = told.group_by("user_id").agg(pl.col("sign").sum()).filter(pl.col("sign") != 0)
    assert dict(net.iter_rows()) == net_by_brute_force(scene, line)
    assert told.height > 0


def test_counts_add_up(scene):
    crossings = true_crossings(scene, LINES)
    assert true_counts(crossings)["count"].sum() == crossings.height
    assert crossings["time_s"].is_sorted()


@pytest.mark.parametrize("zone_id", ZONES)
def test_stays_add_up_to_the_time_spent_inside(scene, zone_id):
    stays = true_stays(scene, ZONES).filter(zone_id=zone_id)
    low, high = ZONES[zone_id].min(axis=0), ZONES[zone_id].max(axis=0)
    within = scene.positions.filter(
        pl.col("x_m").is_between(low[0], high[0]), pl.col("y_m").is_between(low[1], high[1])
    )
    before_the_end = within.filter(pl.col("time_s") < 60 - STEP_S / 2)
    assert stays["dwell_s"].sum() == pytest.approx(before_the_end.height * STEP_S, rel=0.002)
    assert stays.filter("is_cut_at_start").height == within.filter(pl.col("time_s") < STEP_S / 2).height


@pytest.mark.parametrize("zone_id", ZONES)
def test_who_came_and_did_not_go_is_there(scene, zone_id):
    stays = true_stays(scene, ZONES).filter(zone_id=zone_id)
    zone = shapely.Polygon(ZONES[zone_id])
    for time_s in (10.0, 30.0, 50.0):
        now = scene.positions.filter((pl.col("time_s") - time_s).abs() < STEP_S / 2)
        present = shapely.contains_xy(zone, *now.select("x_m", "y_m").to_numpy().T).sum()
        came = stays.filter(pl.col("start_s") < time_s + STEP_S / 2).height
        went = stays.filter(pl.col("end_s") < time_s + STEP_S / 2).height
        assert came - went == present


def test_who_came_and_did_not_go_is_there_in_the_whole_scene(scene):
    life = scene.positions.group_by("user_id").agg(first=pl.col("time_s").first(), last=pl.col("time_s").last())
    for time_s in (5.0, 25.0, 45.0):
        present = scene.positions.filter((pl.col("time_s") - time_s).abs() < STEP_S / 2).height
        came = life.filter(pl.col("first") < time_s + STEP_S / 2).height
        went = life.filter(pl.col("last") < time_s - STEP_S / 2).height
        assert came - went == present


def test_base_flows_are_those_of_walks_and_flows_that_lead_across():
    flows = base_flows(SCENARIO, LINES)
    walks = {w.walk_id: w for w in SCENARIO.walks}
    over = flows.filter(line_id="crossing", direction="forward")
    assert set(over["source"]) == {w for w, walk in walks.items() if "strip_north" in walk.via}
    street = flows.filter(line_id="street", direction="backward", road_user="tram")
    assert street["arrivals_per_h"].to_list() == [20.0]
    side = flows.filter(line_id="side_street", direction="backward", road_user="car")
    assert set(side["source"]) == {"side_right"}
    assert set(flows.filter(line_id="cycle_track")["road_user"]) == {"cyclist", "scooter"}


def test_a_simulation_comes_to_what_base_flows_promise(scene):
    lines = [line for line in LINES if line.line_id in ("street", "cycle_track", "square", "crossing")]
    counted = true_crossings(scene, lines).group_by("line_id").len()
    promised = base_flows(SCENARIO, lines).group_by("line_id").agg(pl.col("arrivals_per_h").sum() / 60)
    both = promised.join(counted, on="line_id", how="left")
    spread = 4 * both["arrivals_per_h"].sqrt() * SCENARIO.people.mean_group**0.5
    assert ((both["len"] - both["arrivals_per_h"]).abs() < spread).all(), both
