"""Places of rendered road users against where the scenario had them: the error is as stated."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from detectors.synthetic import Light, Renderer
from detectors.tracks import Tracks
from geo.placing import Boxes, place
from geo.scenario import STEP_S, simulate
from geo.visibility import EDGES
from pipelines.sites import load_site
from pipelines.stages.simulate import actors_by_step, pinhole, read_scenario, surfaces
from tests import builders

DURATION_S, STRIDE, DRAWS = 24.0, 6, 6
STAYS_M_S = 0.3


@pytest.fixture(scope="module")
def rendered():
    """Boxes of road users rendered one at a time, so that each box's owner is known, and their truth."""
    folder = load_site(Path("data/sites/lindenplatz"))
    scenario = read_scenario(folder)
    renderer = Renderer(pinhole(scenario.camera), surfaces(folder.site), Light(), 1)
    scene = simulate(scenario, duration_s=DURATION_S, seed=11)
    rows = []
    for step, actors in actors_by_step(scene, range(0, round(DURATION_S / STEP_S), STRIDE), 11):
        for actor in actors:
            if (label := renderer.boxes([actor])[0]) is not None:
                left, top, right, bottom = label.box_px
                rows.append((step, actor.look, actor.road_user.value, left, top, right, bottom, actor.x_m, actor.y_m))
    names = ["frame", "look", "road_user", *EDGES, "x_m", "y_m"]
    return folder.site, pl.DataFrame(rows, schema=names, orient="row")


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
    """Boxes with as large an error of every edge as is said of it; where the picture ends, none."""
    edges = rows.select(EDGES).to_numpy()
    true = Boxes.of(as_tracks(rows, edges), camera)
    sigma = np.where(true.is_inside, true.sigma_px, 0.0)
    drawn = edges + np.random.default_rng(seed).normal(0, 1, edges.shape) * sigma
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
    """Normalised estimation error squared of foot points: 2 for two coordinates.

    Who stays may sit or stand, and motor vehicles are of more sizes than the scenario's: their error is
    stated larger than here, and must not be smaller.
    """
    site, rows = rendered
    camera, plane = site.cameras[0], site.calibrations[site.cameras[0].camera_id].plane
    rows = rows.sort("look", "frame")
    truth = rows.select("x_m", "y_m").to_numpy()
    draws = [errors(rows, truth, camera, plane, seed) for seed in range(DRAWS)]
    nees = pl.DataFrame({"group": pl.concat([groups(rows)] * DRAWS), "nees": np.concatenate(draws)})
    assert nees["nees"].is_not_nan().mean() > 0.9
    found = dict(nees.drop_nans().group_by("group").agg(pl.col("nees").mean() / 2).iter_rows())
    assert 0.9 <= found["walks"] <= 1.1
    assert 0.9 <= found["cyclist"] <= 1.1
    assert 0.5 <= found["stays"] <= 1.1
    assert 0.5 <= found["motor"] <= 1.1


def errors(rows, truth, camera, plane, seed):
    """Squared normalised error of each place; NaN where it cannot be told."""
    places = place(noisy_boxes(rows, camera, seed), camera, plane)
    told = np.isfinite(places.place_m).all(axis=1)
    error, spread = (places.place_m - truth)[told], (places.own_m2 + places.shared_m2)[told]
    found = np.full(len(rows), np.nan)
    found[told] = np.einsum("ni,nij,nj->n", error, np.linalg.inv(spread), error)
    return found
