import numpy as np
import polars as pl
import pytest

from detectors.pinhole import Pinhole
from detectors.road_users import RoadUser
from detectors.tracks import Tracks
from geo.bodies import BODIES, OUTLINES
from geo.calibration import calibrate
from geo.georeference import georeference
from geo.placing import Boxes
from geo.placing import place as places
from tests import builders

TOP = builders.site().calibrations["pole"]
POLE = Pinhole((0.0, -9.0, 8.0), 0.0, 20.0, 700.0, (960, 540))
PLACES = np.array([[-8.0, 8], [8, 8], [-14, 40], [14, 40], [0, 20], [3, 30], [-4, 35], [5, 18.0]])
CALIBRATION = calibrate(POLE.project(np.column_stack([PLACES, np.zeros(8)])), PLACES, sigma_px=0.5, sigma_m=0.02)
CAMERA = builders.camera(size_px=POLE.size_px)


def filmed(road_user, path, number=1, size_m=None):
    """TRACKS of a body, else of the class's size, that moves along [(seconds, x, y)], as a perfect detector sees it."""
    _, x, y = np.array(path).T
    heading = np.arctan2(np.gradient(y), np.gradient(x))
    corners = OUTLINES[road_user.code] * np.array(size_m or BODIES[road_user].size_m)
    rows = builders.tracks((number, path), road_user=road_user.value).to_dicts()
    for i, row in enumerate(rows):
        c, s = np.cos(heading[i]), np.sin(heading[i])
        turned = corners[:, :2] @ np.array([[c, s], [-s, c]]) + [x[i], y[i]]
        pixels = POLE.project(np.column_stack([turned, corners[:, 2]]))
        low, high = pixels.min(axis=0).clip(0), np.minimum(pixels.max(axis=0), POLE.size_px)
        row |= {"left_px": low[0], "top_px": low[1], "right_px": high[0], "bottom_px": high[1]}
    return pl.DataFrame(rows, schema_overrides={"frame": pl.UInt32, "track_id": pl.UInt32})


def place(*tracks):
    return georeference(Tracks.validate(pl.concat(tracks), cast=True), CAMERA, CALIBRATION)


def along(start, velocity, n=40):
    return [(i * 0.1, start[0] + 0.1 * i * velocity[0], start[1] + 0.1 * i * velocity[1]) for i in range(n)]


@pytest.mark.parametrize(
    ("road_user", "speed"),
    [(RoadUser.PEDESTRIAN, 1.4), (RoadUser.CYCLIST, 3.0), (RoadUser.CAR, 3.5), (RoadUser.TRUCK, 3.5)],
)
@pytest.mark.parametrize("way", [(1.0, 0.0), (0.0, 1.0), (-0.8, 0.6)])
def test_a_place_is_the_middle_of_the_footprint(road_user, speed, way):
    velocity = speed * np.array(way)
    path = along((0.0, 20.0), velocity)
    found = place(filmed(road_user, path)).trajectories
    assert found.height == len(path)
    assert found.select("x_m", "y_m").to_numpy() == pytest.approx(np.array(path)[:, 1:], abs=0.1)
    assert np.hypot(found["vx_m_s"], found["vy_m_s"]).mean() == pytest.approx(np.hypot(*velocity), rel=0.03)
    assert found["is_contact_seen"].all()


def test_what_is_cut_off_is_told_from_the_rest_and_less_surely():
    leaving = along((2.0, 4.0), (0.0, -1.4), n=28)
    found = place(filmed(RoadUser.PEDESTRIAN, leaving)).trajectories
    cut = found.filter(~pl.col("is_contact_seen"))
    seen = found.filter("is_contact_seen")
    assert 0 < cut.height < found.height
    assert cut["var_y_m2"].min() > 1.3 * seen["var_y_m2"].median()
    truth = {i: y for i, (_, _, y) in enumerate(leaving)}
    step = ((cut["time_utc"] - builders.START).dt.total_milliseconds() / 100).round().cast(int)
    assert cut["y_m"].to_numpy() == pytest.approx([truth[i] for i in step], abs=0.5)


def test_whoever_walks_hidden_in_a_crowd_is_placed_all_the_same_and_less_surely():
    path = along((0.0, 24.0), (0.9, 0.3))
    ahead = [filmed(RoadUser.PEDESTRIAN, along((x, 22.9), (0.9, 0.3)), number=2 + i) for i, x in enumerate((-0.4, 0.4))]
    alone = place(filmed(RoadUser.PEDESTRIAN, path)).trajectories
    among = place(filmed(RoadUser.PEDESTRIAN, path), *ahead).trajectories.filter(track_id=1)
    assert among.height == len(path)
    assert not among["is_contact_seen"].any()
    assert among["var_y_m2"].mean() > 1.5 * alone["var_y_m2"].mean()
    assert among.select("x_m", "y_m").to_numpy() == pytest.approx(np.array(path)[:, 1:], abs=0.3)


def test_no_box_anywhere_in_the_picture_stops_the_others_from_being_placed():
    rng, n = np.random.default_rng(3), 4000
    low = rng.uniform(0, POLE.size_px, (n, 2)) * (1, 0.98)
    high = low + rng.uniform(1, 400, (n, 2)) ** rng.uniform(0.3, 1.0, (n, 1))
    walker = filmed(RoadUser.PEDESTRIAN, along((0.0, 20.0), (1.4, 0.0)))
    rows = walker.head(1).select(pl.exclude("track_id", "road_user")).join(
        pl.DataFrame({
            "track_id": np.arange(100, 100 + n, dtype=np.uint32),
            "road_user": rng.choice([r.value for r in RoadUser], n),
            "l": low[:, 0], "t": low[:, 1], "r": high[:, 0].clip(max=960), "b": high[:, 1].clip(max=540),
        }),
        how="cross",
    )  # fmt: skip
    odd = rows.with_columns(left_px="l", top_px="t", right_px="r", bottom_px="b").select(walker.columns)
    assert 1 in place(walker, odd).trajectories["track_id"]


def test_outside_the_control_points_nothing_is_trusted():
    found = place(filmed(RoadUser.PEDESTRIAN, along((0.0, 38.0), (0.0, 1.4)))).trajectories.sort("time_utc")
    assert found["is_trusted"].to_list() == (found["y_m"] <= 40).to_list()
    assert not found["is_trusted"].all()


def test_a_broken_track_is_joined_and_written_down():
    whole = filmed(RoadUser.PEDESTRIAN, along((-3.0, 20.0), (1.4, 0.0), n=60))
    strangers = [filmed(RoadUser.PEDESTRIAN, along((6.0, 12.0 + 3 * i), (0.0, 1.2)), number=10 + i) for i in range(4)]
    before = whole.head(25)
    after = whole.slice(34).with_columns(track_id=pl.lit(2, pl.UInt32))
    found = place(before, after, *strangers)
    joint = found.stitches.row(0, named=True)
    assert (joint["track_id"], joint["joined_track_id"], found.stitches.height) == (2, 1, 1)
    assert joint["gap_s"] == pytest.approx(1.0, abs=1e-3)
    walk = found.trajectories.filter(track_id=1)
    assert walk.height == 25 + 26
    assert walk["time_utc"].is_sorted()
    assert 2 not in found.trajectories["track_id"]


def test_errors_of_the_body_are_not_smoothed_away():
    short, long = (place(filmed(RoadUser.CAR, along((-4.0, 25.0), (0.05, 0.0), n))).trajectories for n in (5, 200))
    assert long["var_y_m2"].median() > 0.05**2
    assert long["var_y_m2"].median() < short["var_y_m2"].median()


def test_one_wrong_box_counts_once_however_long_somebody_stands():
    def placed_m(standing):
        arriving = along((-6.0, 20.0), (2.0, 0.0), n=30)
        there = [(3.0 + 0.1 * i, *arriving[-1][1:]) for i in range(standing)]
        tracks = filmed(RoadUser.VAN, arriving + there)
        part_hidden = pl.col("left_px") + 0.08 * (pl.col("right_px") - pl.col("left_px"))
        seen = tracks.with_columns(left_px=pl.when(pl.col("frame") < 30).then("left_px").otherwise(part_hidden))
        return places(Boxes.of(Tracks.validate(seen, cast=True), CAMERA), CAMERA, CALIBRATION.plane).place_m[10]

    assert placed_m(400) == pytest.approx(placed_m(20), abs=0.03)


@pytest.mark.parametrize("height_m", [1.25, 1.7], ids=["sitting", "standing"])
def test_who_never_moves_may_sit(height_m):
    stays = filmed(RoadUser.PEDESTRIAN, along((2.0, 18.0), (0.0, 0.0), n=60), size_m=(0.7, 0.55, height_m))
    found = place(stays).trajectories
    off_m = np.hypot(found["x_m"] - 2.0, found["y_m"] - 18.0)
    assert off_m.max() < 0.3
    assert found["var_y_m2"].min() > 0.2**2


def test_who_walks_is_placed_less_surely_along_the_line_of_sight():
    walker, cyclist = (
        place(filmed(road_user, along((-3.0, 20.0), (1.4, 0.0)))).trajectories
        for road_user in (RoadUser.PEDESTRIAN, RoadUser.CYCLIST)
    )
    assert walker["var_y_m2"].min() > 0.12**2
    assert walker["var_x_m2"].max() < 0.12**2
    assert cyclist["var_y_m2"].min() < walker["var_y_m2"].min()


def test_who_stops_may_sit_down():
    arriving = along((-6.0, 20.0), (1.4, 0.0), n=40)
    there = [(4.0 + 0.1 * i, *arriving[-1][1:]) for i in range(40)]
    found = place(filmed(RoadUser.PEDESTRIAN, arriving + there)).trajectories.sort("time_utc")
    walking, staying = found["var_x_m2"][15], found["var_x_m2"][60]
    # Feet that reach out sideways widen the box, whose middle is off by half of it.
    assert walking < staying < 0.12**2
    assert found["var_y_m2"][60] > 0.17**2


def test_a_walk_seen_from_above_is_a_walk_on_the_ground():
    path = [(i * 0.1, *builders.to_px(3 + 0.14 * i, 6.0)) for i in range(50)]
    placed = georeference(builders.tracks((1, path)), builders.camera(), TOP).trajectories
    assert placed.height == 50
    assert placed["y_m"].to_numpy() == pytest.approx(6.0, abs=0.02)
    assert placed["vx_m_s"].mean() == pytest.approx(1.4, abs=0.02)
    assert (placed["var_x_m2"] > 0).all()


def test_a_vehicle_seen_from_above_lies_behind_its_lower_edge():
    path = [(i * 0.1, *builders.to_px(3 + 0.5 * i, 6.0)) for i in range(20)]
    placed = georeference(builders.tracks((1, path), road_user="car"), builders.camera(), TOP).trajectories
    width_m = BODIES[RoadUser.CAR].size_m[1]
    assert placed["y_m"].mean() == pytest.approx(6.0 + width_m / 2, abs=0.1)


@pytest.mark.parametrize(("x", "y"), [(3, 60), (157, 60), (80, 119.5)], ids=["left edge", "right edge", "lower edge"])
def test_without_a_viewpoint_cut_boxes_have_no_place(x, y):
    path = [(0.0, 80.0, 60.0), (0.1, 80.0, 60.0), (0.2, float(x), float(y))]
    placed = georeference(builders.tracks((1, path)), builders.camera(), TOP).trajectories
    assert placed.height == 2


def test_no_track_has_no_trajectory():
    nothing = builders.tracks((1, [(0.0, 80.0, 60.0)])).head(0)
    assert georeference(nothing, builders.camera(), TOP).trajectories.is_empty()
