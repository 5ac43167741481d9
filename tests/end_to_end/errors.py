"""Stated errors of places beside true ones, on the demo detector's own boxes of a filmed seed.

    python -m tests.end_to_end.errors SEED [SECONDS]

Films the demo place, follows everybody with the demo's weights and compares each trajectory, twice a
second, with where the scenario had them. Prints, per group, the normalised estimation error squared over
its two dimensions (1 is ideal): its mean, its median over that of a chi-square, and errors in metres:

    ERROR <group> nees <mean> median <ratio> true_m <median> stated_m <median> of <positions>

A box belongs to who fills it best, by at least half of both together; a track that changes its owner
stays in the figures.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import linear_sum_assignment

from detectors.boxes import overlap
from detectors.synthetic import Light, Renderer
from detectors.track_video import track_video
from detectors.tracks import Tracks
from geo.georeference import georeference
from geo.scenario import STEP_S, simulate
from geo.visibility import EDGES
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, load_site
from pipelines.stages.simulate import Footage, actors_by_step, film, pinhole, read_scenario, surfaces
from pipelines.stages.track import make_detector
from tests import builders
from tests.end_to_end.seeds import SITE, WEIGHTS

STRIDE = round(0.5 / STEP_S)
STAYS_M_S = 0.3  # on foot
LEAST_IOU, MEDIAN = 0.5, float(np.log(2))  # of half a chi-square with two degrees of freedom


def true_boxes(folder: SiteFolder, seconds: float, seed: int) -> pl.DataFrame:
    """frame, road_user, edges and true place of everybody in view, twice a second."""
    scenario = read_scenario(folder)
    renderer = Renderer(pinhole(scenario.camera), surfaces(folder.site), Light(), 1)
    scene, rows = simulate(scenario, duration_s=seconds, seed=seed), []
    for step, actors in actors_by_step(scene, range(0, round(seconds / STEP_S), STRIDE), seed):
        for actor, label in zip(actors, renderer.boxes(actors), strict=True):
            if label is not None and actor.road_user is not None:
                rows.append((step, actor.road_user.value, *label.box_px, actor.x_m, actor.y_m))
    return pl.DataFrame(rows, schema=["frame", "road_user", *EDGES, "true_x_m", "true_y_m"], orient="row")


def matched(tracks: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """track_id, time_utc, road_user and true place of boxes that belong to somebody of their class."""
    found: list[pl.DataFrame] = []
    for (frame,), there in truth.group_by("frame"):
        seen = tracks.filter(pl.col("frame") == frame)
        share = overlap(*(part.select(EDGES).to_numpy().astype(float) for part in (seen, there)))
        same = seen["road_user"].cast(pl.String).to_numpy()[:, None] == there["road_user"].to_numpy()
        row, column = linear_sum_assignment(share * same, maximize=True)
        fits = (share * same)[row, column] > LEAST_IOU
        keys = seen[row[fits]].select("track_id", "time_utc", pl.col("road_user").cast(pl.String))
        found.append(pl.concat([keys, there[column[fits]].select("true_x_m", "true_y_m")], how="horizontal"))
    return pl.concat(found)


def stated_and_true(trajectories: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """group, nees, true_m and stated_m of each position."""
    both = truth.drop("road_user").join(trajectories, on=["track_id", "time_utc"])
    error = both.select(pl.col("x_m") - pl.col("true_x_m"), pl.col("y_m") - pl.col("true_y_m")).to_numpy()
    xx, xy, yy = both.select("var_x_m2", "cov_xy_m2", "var_y_m2").to_numpy().T
    spread = np.moveaxis(np.array([[xx, xy], [xy, yy]]), 2, 0)
    kind = pl.col("road_user").cast(pl.String)
    stays = (kind == "pedestrian") & (pl.col("vx_m_s") ** 2 + pl.col("vy_m_s") ** 2 < STAYS_M_S**2)
    group = pl.when(stays).then(pl.lit("stays")).when(kind.is_in(["pedestrian", "cyclist"])).then(kind)
    return both.select(
        group.otherwise(pl.lit("motor_vehicle")).alias("group"),
        nees=pl.Series(np.einsum("ni,nij,nj->n", error, np.linalg.inv(spread), error) / 2),
        true_m=pl.Series(np.hypot(*error.T)),
        stated_m=pl.Series(np.sqrt(xx + yy)),
    )


def main(seed: int, seconds: float) -> None:
    """Films, follows and compares one seed."""
    folder = load_site(SITE)
    camera = folder.site.cameras[0]
    with tempfile.TemporaryDirectory(prefix="passant-errors-") as name:
        video = Path(name) / "film.mp4"
        film(folder, Footage(seconds, seed), video, video.with_suffix(".csv"))
        detector = make_detector(folder, WEIGHTS, Settings(Path(name)), camera.camera_id)
        parts, _ = track_video(video, camera, detector, recording_id="r", start_utc=builders.START)
        tracks = Tracks.validate(pl.concat(parts), cast=True)
    placed = georeference(tracks, camera, folder.site.calibrations[camera.camera_id])
    first = dict(placed.stitches.select("track_id", "joined_track_id").iter_rows())
    truth = matched(tracks, true_boxes(folder, seconds, seed)).with_columns(pl.col("track_id").replace(first))
    for group, rows in sorted(stated_and_true(placed.trajectories, truth).group_by("group"), key=str):
        nees, true_m, stated_m = rows.select("nees", "true_m", "stated_m").to_numpy().T
        print(
            f"ERROR {group[0]} nees {nees.mean():.2f} median {np.median(nees) / MEDIAN:.2f} "
            f"true_m {np.median(true_m):.2f} stated_m {np.median(stated_m):.2f} of {rows.height}",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 180.0)
