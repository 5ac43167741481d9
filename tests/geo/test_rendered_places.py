"""Places of rendered road users against where the scenario had them: the error is as stated."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from detectors.road_users import MOTOR_VEHICLES, RoadUser
from detectors.synthetic import Light, Renderer
from detectors.tracks import Tracks
from geo.bodies import BODIES
from geo.placing import _LASTING_SHARE, Boxes, place
from geo.scenario import STEP_S, simulate
from geo.visibility import EDGES
from pipelines.sites import load_site
from pipelines.stages.simulate import actors_by_step, pinhole, read_scenario, surfaces
from tests import builders

DRAWS = 4
STAYS_M_S = 0.3
SCENE_FRAMES = 1_000_000  # scenes do not hide one another


class Scene(NamedTuple):
    """What is rendered: a seed for so long, every so many steps, of these classes only."""

    seed: int
    duration_s: float
    stride: int
    only: frozenset[RoadUser] = frozenset(RoadUser)


# Motor vehicles are few at a time, and each errs in its own way: two minutes hold too few of them.
SCENES = (Scene(11, 24.0, 6), *(Scene(seed, 240.0, 10, MOTOR_VEHICLES) for seed in (21, 22, 23)))


@pytest.fixture(scope="module")
def rendered():
    """Boxes of road users rendered one at a time, so that each box's owner is known, and their truth.

    Motor vehicles are of sizes as their class is said to have; the scenario's are more alike.
    """
    folder = load_site(Path("data/sites/lindenplatz"))
    scenario = read_scenario(folder)
    renderer = Renderer(pinhole(scenario.camera), surfaces(folder.site), Light(), 1)
    rows = []
    for number, (seed, duration_s, stride, only) in enumerate(SCENES):
        scene = simulate(scenario, duration_s=duration_s, seed=seed)
        for step, actors in actors_by_step(scene, range(0, round(duration_s / STEP_S), stride), seed):
            for actor in actors:
                if actor.road_user in only and (label := renderer.boxes([sized(actor)])[0]) is not None:
                    frame, look = number * SCENE_FRAMES + step, f"{seed} {actor.look}"
                    rows.append((frame, look, actor.road_user.value, *label.box_px, actor.x_m, actor.y_m))
    names = ["frame", "look", "road_user", *EDGES, "x_m", "y_m"]
    return folder.site, pl.DataFrame(rows, schema=names, orient="row")


def sized(actor):
    """A motor vehicle of its class's size, give or take; anybody else, and what has joints, as it is."""
    if actor.joints or actor.road_user not in MOTOR_VEHICLES:
        return actor
    body = BODIES[actor.road_user]
    length_m, width_m, height_m = np.random.default_rng(actor.look).normal(body.size_m, body.sigma_m)
    return replace(actor, length_m=length_m, width_m=width_m, height_m=height_m)


def as_tracks(rows, edges_px):
    """TRACKS of boxes with these edges (n, 4)."""
    return Tracks.validate(
        rows.select(
            pl.lit("r").alias("recording_id"),
            track_id=pl.col("look").rank("dense"),
            frame="frame",
            time_utc=pl.lit(builders.START) + pl.duration(milliseconds=pl.col("frame") * 1000 * STEP_S),
            road_user="road_user",
            confidence=pl.lit(0.9),
            **{name: pl.Series(edges_px[:, i]) for i, name in enumerate(EDGES)},
        ).with_columns(pl.col("time_utc").cast(pl.Datetime("us", "UTC"))),
        cast=True,
    )


def noisy_boxes(rows, camera, seed):
    """Boxes with an error of every edge as is said of it, part of it the track's own; where the picture ends, none."""
    edges = rows.select(EDGES).to_numpy()
    true = Boxes.of(as_tracks(rows, edges), camera)
    sigma = np.where(true.is_inside, true.sigma_px, 0.0)
    rng, (_, owner) = np.random.default_rng(seed), np.unique(true.track, return_inverse=True)
    lasting, anew = rng.normal(0, 1, (owner.max() + 1, 4))[owner], rng.normal(0, 1, edges.shape)
    drawn = edges + (np.sqrt(_LASTING_SHARE) * lasting + np.sqrt(1 - _LASTING_SHARE) * anew) * sigma
    # Two hidden edges are drawn apart from each other, and may swap.
    low, high = np.minimum(drawn[:, :2], drawn[:, 2:] - 1), np.maximum(drawn[:, 2:], drawn[:, :2] + 1)
    return replace(true, edges_px=np.hstack([low, high]).clip(0, np.tile(camera.size_px, 2)))


def groups(rows):
    """What moves how: walkers, people who stay, cyclists, motor vehicles."""
    step_m = ((pl.col("x_m").diff() ** 2 + pl.col("y_m").diff() ** 2).sqrt() / pl.col("frame").diff()).over("look")
    stays = (step_m.mean().over("look") / STEP_S < STAYS_M_S).fill_null(True)
    on_foot = pl.when(stays).then(pl.lit("stays")).otherwise(pl.lit("walks"))
    others = pl.when(pl.col("road_user") == "cyclist").then(pl.lit("cyclist")).otherwise(pl.lit("motor"))
    return rows.select(pl.when(pl.col("road_user") == "pedestrian").then(on_foot).otherwise(others)).to_series()


@pytest.mark.slow
def test_stated_error_of_places_is_the_true_one(rendered):
    """Normalised estimation error squared of foot points, per coordinate."""
    site, rows = rendered
    camera, plane = site.cameras[0], site.calibrations[site.cameras[0].camera_id].plane
    rows = rows.sort("look", "frame")
    truth = rows.select("x_m", "y_m").to_numpy()
    draws = [errors(rows, truth, camera, plane, seed) for seed in range(DRAWS)]
    nees = pl.DataFrame({"group": pl.concat([groups(rows)] * DRAWS), "nees": np.concatenate(draws)})
    assert nees["nees"].is_not_nan().mean() > 0.9
    found = dict(nees.drop_nans().group_by("group").agg(pl.col("nees").mean() / 2).iter_rows())
    assert set(found) == {"walks", "stays", "cyclist", "motor"}
    assert all(0.9 <= of_group <= 1.1 for of_group in found.values()), found


def errors(rows, truth, camera, plane, seed):
    """Squared normalised error of each place; NaN where it cannot be told."""
    places = place(noisy_boxes(rows, camera, seed), camera, plane)
    told = np.isfinite(places.place_m).all(axis=1)
    error, spread = (places.place_m - truth)[told], (places.own_m2 + places.shared_m2)[told]
    found = np.full(len(rows), np.nan)
    found[told] = np.einsum("ni,nij,nj->n", error, np.linalg.inv(spread), error)
    return found
