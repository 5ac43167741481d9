import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.occupancy import occupy
from geo.pedestrian_flow import passages, specific_flow
from geo.steps import steps_of
from geo.zone_occupancy import SUMS, edie, occupy_zones, time_and_way
from tests import builders, pedestrian_runs

place = st.tuples(st.floats(-6, 6, width=16), st.floats(-6, 6, width=16))
walks = st.lists(st.lists(place, min_size=2, max_size=5), min_size=1, max_size=4)


def walking(walks):
    paths = [(i, [(1.5 * k, x, y) for k, (x, y) in enumerate(walk)]) for i, walk in enumerate(walks)]
    return builders.trajectories(*paths)


def totals(sums):
    return np.array(sums.select(pl.col(SUMS).sum()).row(0))


@settings(max_examples=20)
@given(walks)
def test_flow_is_density_times_velocity(walks):
    measured = edie(occupy_zones(walking(walks), {"z": shapely.box(-4, -3, 5, 5)}), 72.0, 900.0)
    for axis in "xy":
        product = measured["density_per_m2"] * measured[f"velocity_{axis}_m_s"]
        assert measured[f"flow_{axis}_per_m_s"].to_numpy() == pytest.approx(product.to_numpy(), rel=1e-9, abs=1e-15)
    scalar = measured["density_per_m2"] * measured["speed_m_s"]
    assert measured["scalar_flow_per_m_s"].to_numpy() == pytest.approx(scalar.to_numpy(), rel=1e-9, abs=1e-15)
    order = measured["directional_order"].drop_nulls().to_numpy()
    assert ((order >= 0) & (order <= 1 + 1e-9)).all()


@settings(max_examples=20)
@given(walks, st.integers(-3, 4))
def test_split_zones_add_up(walks, cut):
    whole = {"whole": shapely.box(-4, -4, 5, 5)}
    halves = {"west": shapely.box(-4, -4, cut, 5), "east": shapely.box(cut, -4, 5, 5)}
    assert totals(occupy_zones(walking(walks), halves)) == pytest.approx(totals(occupy_zones(walking(walks), whole)))


@settings(max_examples=20)
@given(walks)
def test_a_zone_of_whole_cells_has_the_sums_of_its_cells(walks):
    trajectories = walking(walks)
    cells = occupy(trajectories).filter(pl.col("cell_x").is_between(-2, 1), pl.col("cell_y").is_between(0, 2))
    zone = occupy_zones(trajectories, {"z": shapely.box(-2, 0, 2, 3)})
    assert totals(zone) == pytest.approx(totals(cells), abs=1e-6)


@settings(max_examples=20)
@given(walks)
def test_quarter_hours_add_up_to_all_time(walks):
    trajectories = walking(walks)
    outline = shapely.box(-4, -3, 5, 5)
    _, at_once = time_and_way(steps_of(trajectories), outline)
    assert totals(occupy_zones(trajectories, {"z": outline})) == pytest.approx(totals(at_once), abs=1e-9)


def test_classes_are_kept_apart_and_zones_may_overlap():
    both = pl.concat(
        [
            walking([[(0, 0), (1, 0)]]),
            walking([[(0, 0), (0, 2)]]).with_columns(
                track_id=pl.lit(9, pl.UInt32), road_user=pl.lit("car", walking([[(0, 0), (1, 0)]]).schema["road_user"])
            ),
        ]
    )
    rows = occupy_zones(both, {"a": shapely.box(-5, -5, 5, 5), "b": shapely.box(-1, -1, 1, 1)})
    assert rows.select("zone_id", "road_user", "way_m").rows() == [
        ("a", "pedestrian", 1.0),
        ("a", "car", 2.0),
        ("b", "pedestrian", pytest.approx(1.0)),
        ("b", "car", pytest.approx(1.0)),
    ]


def test_nobody_has_no_velocity():
    sums = pl.DataFrame({"presence_s": [0.0], "dx_m": [0.0], "dy_m": [0.0], "way_m": [0.0]})
    measured = edie(sums, 10.0, 900.0).row(0, named=True)
    assert measured["density_per_m2"] == 0
    assert measured["velocity_x_m_s"] is measured["speed_m_s"] is measured["directional_order"] is None


@pytest.mark.parametrize(("area", "duration"), [(0.0, 900.0), (10.0, 0.0), (float("nan"), 1.0)])
def test_an_unobserved_zone_has_no_density(area, duration):
    with pytest.raises(ValueError, match="both must be positive"):
        edie(pl.DataFrame(schema=dict.fromkeys(SUMS, pl.Float64)), area, duration)


def test_two_ways_cancel_in_the_vector_but_not_in_the_scalar_flow():
    there_and_back = walking([[(-1, 0), (1, 0)], [(1, 0), (-1, 0)]])
    sums = occupy_zones(there_and_back, {"z": shapely.box(-1, -1, 1, 1)})
    measured = edie(sums.select(pl.col(SUMS).sum()), 4.0, 1.5).row(0, named=True)
    assert measured["flow_x_per_m_s"] == pytest.approx(0)
    assert measured["scalar_flow_per_m_s"] == pytest.approx(4 / (4 * 1.5))
    assert measured["directional_order"] == pytest.approx(0)


@pytest.mark.oracle
@pedestrian_runs.needs_runs
def test_edie_on_the_bottleneck():
    run, asked = pedestrian_runs.pedpy_run("bottleneck")
    line_at = passages(run.track, run.frame, run.place_m, asked.line)["frame"]
    _, sums = time_and_way(steps_of(run.positions), asked.area)
    duration_s = (run.frame.max() - run.frame.min()) / pedestrian_runs.FRAME_RATE_HZ
    measured = edie(sums.sum(), asked.area.area, duration_s).row(0, named=True)
    assert measured["density_per_m2"] == pytest.approx(2.610292, abs=1e-6)
    assert measured["speed_m_s"] == pytest.approx(0.767638, abs=1e-6)
    assert measured["flow_y_per_m_s"] == pytest.approx(1.937370, abs=1e-6)
    assert measured["flow_y_per_m_s"] == pytest.approx(specific_flow(len(line_at), duration_s, 3.0), abs=1e-9)


# MEASURES 1.3: corridor, its width, passages in both directions, density, speed, flow.
HERMES = [("uo-050-180-180", 1.8, (61, 0), 0.49, 1.36, 0.68), ("bo-360-120-120", 3.6, (143, 164), 1.55, 0.83, 1.31)]


@pytest.mark.oracle
@pedestrian_runs.needs_runs
@pytest.mark.parametrize(("name", "width", "both_ways", "density", "speed", "flow"), HERMES)
def test_density_times_speed_is_the_flow_through_the_gate(name, width, both_ways, density, speed, flow):
    run = pedestrian_runs.hermes_run(name)
    passed = passages(run.track, run.frame, run.place_m, np.array([[-5.0, 0.0], [10.0, 0.0]]))
    assert (passed["is_forward"].sum(), (~passed["is_forward"]).sum()) == both_ways
    first, last = passed["frame"].quantile(0.2, "linear"), passed["frame"].quantile(0.8, "linear")
    steps = steps_of(run.positions).within(*map(pedestrian_runs.at_frame, (first, last)))
    _, sums = time_and_way(steps, shapely.box(-5, -1, 10, 1))
    duration_s, along_m = (last - first) / pedestrian_runs.FRAME_RATE_HZ, sums["dy_m"].abs().sum()
    k = sums["presence_s"].sum() / (2 * width * duration_s)
    v = along_m / sums["presence_s"].sum()
    gate = specific_flow(
        passed.filter(pl.col("frame").is_between(first, last, closed="left")).height, duration_s, width
    )
    assert k * v == pytest.approx(gate, rel=0.02)
    assert (k, v, gate) == (
        pytest.approx(density, abs=0.015),
        pytest.approx(speed, abs=0.025),
        pytest.approx(flow, rel=0.03),
    )
