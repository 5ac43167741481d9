"""Tracks in pixels to trajectories in metres: placed, smoothed, joined."""

from __future__ import annotations

from dataclasses import dataclass, replace

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.camera import Camera
from detectors.tracks import Tracks
from geo.bodies import ACCELERATIONS_M_S2
from geo.calibration import Calibration
from geo.ground_plane import GroundPlane
from geo.placing import Boxes, Places, place
from geo.smoothing import as_white, sigma_speed_m_s, smooth
from geo.stitching import Ends, Joints, Stitches, chains, join
from geo.trajectories import Trajectories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The error that the plane adds to a speed is that of a short way along it.
_SHORT_WAY_S = 0.5


@dataclass(frozen=True)
class Georeferenced:
    """Trajectories of a recording, and which tracks were joined into one of them."""

    trajectories: dy.DataFrame[Trajectories]
    stitches: dy.DataFrame[Stitches]


def georeference(tracks: dy.DataFrame[Tracks], camera: Camera, calibration: Calibration) -> Georeferenced:
    """Places tracks on the ground, joins what was broken and smooths it.

    A position is the middle of the footprint. Boxes whose place cannot be told, above the horizon or
    with too little of them in view, have no row.

    Args:
        tracks: boxes in pixels, of one recording.
        camera: whose picture they lie in.
        calibration: its ground plane, and the hull of the control points.
    """
    if tracks.is_empty():
        return Georeferenced(Trajectories.create_empty(), Stitches.create_empty())
    ordered = Tracks.validate(tracks.sort("track_id", "time_utc"))
    boxes = Boxes.of(ordered, camera)
    places = place(boxes, camera, calibration.plane)
    told = np.flatnonzero(np.isfinite(places.place_m).all(axis=1))
    boxes, places = boxes[told], places[told]
    track, joints, numbers = _joined(boxes, places)
    order = np.lexsort([boxes.time_s, track])
    boxes, places = replace(boxes, track=track)[order], places[order]
    return Georeferenced(
        _trajectories(ordered[told[order]], boxes, places, calibration),
        _stitches(ordered, joints, numbers),
    )


def _smoothed(boxes: Boxes, places: Places) -> tuple[Floats, Floats]:
    own_m2 = places.counted_m2 * as_white(boxes.track, boxes.time_s)[:, None, None]
    return smooth(boxes.track, boxes.time_s, places.place_m, own_m2, ACCELERATIONS_M_S2[boxes.code])


def _joined(boxes: Boxes, places: Places) -> tuple[Ints, Joints, Ints]:
    """The track (n,) of each box after joining, the joints, and the number of each fragment in them."""
    state, covariance = _smoothed(boxes, places)
    firsts = np.flatnonzero(np.r_[True, boxes.track[1:] != boxes.track[:-1]][: len(boxes.track)])
    counts = np.diff(np.r_[firsts, len(boxes.track)])
    lasts = firsts + counts - 1
    begin, end = (
        Ends(boxes.code[k], boxes.time_s[k], state[k], covariance[k], ACCELERATIONS_M_S2[boxes.code[k]])
        for k in (firsts, lasts)
    )
    joints, numbers = join(end, begin), boxes.track[firsts]
    return np.repeat(numbers[chains(joints, len(firsts))], counts), joints, numbers


def _trajectories(
    ordered: pl.DataFrame, boxes: Boxes, places: Places, calibration: Calibration
) -> dy.DataFrame[Trajectories]:
    state, covariance = _smoothed(boxes, places)
    covariance[:, :2, :2] += places.shared_m2
    covariance[:, 2:, 2:] += _speed_error_of_plane(calibration.plane, state)
    columns = {
        "x_m": state[:, 0],
        "y_m": state[:, 1],
        "var_x_m2": covariance[:, 0, 0],
        "cov_xy_m2": covariance[:, 0, 1],
        "var_y_m2": covariance[:, 1, 1],
        "vx_m_s": state[:, 2],
        "vy_m_s": state[:, 3],
        "sigma_speed_m_s": sigma_speed_m_s(state[:, 2:], covariance[:, 2:, 2:]),
        "is_trusted": calibration.is_trusted(state[:, :2]),
        "is_contact_seen": places.is_contact_seen,
    }
    placed = ordered.with_columns(
        pl.Series("track_id", boxes.track, dtype=pl.UInt32), *(pl.Series(n, v) for n, v in columns.items())
    )
    return Trajectories.validate(placed.select(Trajectories.column_names()))


def _speed_error_of_plane(plane: GroundPlane, state: Floats) -> Floats:
    """Covariance (n, 2, 2) of velocities in m2/s2 from the plane's error, which stretches every way alike."""
    way = state[:, 2:] * _SHORT_WAY_S / 2
    ahead, behind = (plane.metres_per_parameter(plane.to_pixels(state[:, :2] + s * way)) for s in (1, -1))
    stretch = (ahead - behind) / _SHORT_WAY_S
    return np.nan_to_num(stretch @ plane.covariance @ stretch.transpose(0, 2, 1))


def _stitches(tracks: pl.DataFrame, joints: Joints, numbers: Ints) -> dy.DataFrame[Stitches]:
    first = numbers[chains(joints, len(numbers))]
    rows = pl.DataFrame(
        {
            "track_id": numbers[joints.later],
            "joined_track_id": first[joints.later],
            "gap_s": joints.gap_s,
            "distance_m": joints.distance_m,
            "chi_square": joints.chi_square,
        }
    ).select(pl.lit(tracks["recording_id"].first(), pl.String).alias("recording_id"), pl.all())
    return Stitches.validate(rows, cast=True)
