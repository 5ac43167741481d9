"""Boxes of tracks to places on the ground, each with two errors: its own and the one its track shares.

What jitters from box to box is averaged out by smoothing; what is wrong about a body's size or about
the ground plane is the same in the next frame and is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.camera import Camera
from detectors.road_users import MOTOR_VEHICLES, ROAD_USERS, RoadUser
from detectors.tracks import Tracks
from geo.bodies import ACCELERATIONS_M_S2, OUTLINES, SIZE_SIGMAS_M, SIZES_M
from geo.contact import BOTTOM, LEFT, RIGHT, TOP, Bodies, Fit, edge_sigma_px, fit_places
from geo.ground_plane import GroundPlane
from geo.smoothing import smooth
from geo.viewpoint import Viewpoint, viewpoint_of
from geo.visibility import EDGES, hidden_edges, inside_edges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# The outline of who walks or rides is not quite centred on the footprint: gait, lean, load. That of a rigid body is.
_POSTURE_M = 0.04
_RIGID = np.array([r.code for r in (*MOTOR_VEHICLES, RoadUser.TRAM)])
# Of somebody who walks, the lower edge of the box is now one foot and now the other: up to half a step, 0.4 m,
# before the body, which is 0.12 m as the deviation of a uniform distribution.
_GAIT_M = 0.12
# Share of an edge's variance that stays with a track for seconds. The demo detector's boxes, against
# the truth of their footage, keep 0.3 to 0.5 of it for a second.
_LASTING_SHARE = 0.35
# What hides an edge hides it for seconds.
_HIDDEN_LASTING_SHARE = 0.8
# A place that is not known to this is none.
_WORST_SIGMA_M = 10.0
# A fit this bad (99.9 % of two squared residuals) has met something that the edges do not show.
_BAD_FIT, _EXPECTED_FIT = 13.8, 2.0
# Slower than this, the way that somebody moves says nothing of where the body points.
_TELLING_SPEED_M_S = 0.5
# Slower than this, somebody on foot stands, or has sat down.
_STANDING_M_S = 0.3
_SURE_HEADING_RAD = 0.25
_SAME_HEADING = 0.97  # cosine of 14 degrees
# Deviation of a hidden edge, as a share of the box's extent. The demo detector's are off by 0.07 to
# 0.22, against the truth of its footage; those of detectors that box what they see, by more.
_HIDDEN_SHARE = 0.25
# A body does not point quite where it goes.
_BODY_TURN_RAD = 0.05
# Boxes closer in time than this, or less than this share of their extent apart, err alike.
_SAME_ERROR_S, _SAME_ERROR_SHARE = 0.5, 0.25
# A class's shape fits nobody exactly, however many boxes are seen.
_SHAPE_SHARE = 0.03
# A body this unlike its class (99.9 % of three squared deviations) is none: its track mixes two.
_ODD_BODY = 16.3
# Whoever on foot does not move may sit: length, width and height, their deviations, and how far from the
# middle, in whatever direction, the feet may be.
_STAYING_M, _STAYING_SIGMA_M, _SEAT_M = (0.6, 0.6, 1.5), (0.15, 0.15, 0.25), 0.25


@dataclass(frozen=True)
class Boxes:
    """Boxes of tracks as arrays, in order of track, then time: (n,), and what is known of their edges (n, 4).

    An edge is inside unless it lies at the picture's border, and visible if nobody nearer hides it as well.
    """

    track: Ints
    time_s: Floats
    code: Ints
    edges_px: Floats
    is_inside: Bools
    is_visible: Bools

    def __getitem__(self, rows: Ints | Bools) -> Boxes:
        return Boxes(**{name: values[rows] for name, values in vars(self).items()})

    @classmethod
    def of(cls, tracks: dy.DataFrame[Tracks], camera: Camera) -> Boxes:
        codes = {r.value: r.code for r in ROAD_USERS}
        inside = inside_edges(tracks, camera.size_px)
        return cls(
            tracks["track_id"].to_numpy().astype(np.int64),
            tracks["time_utc"].dt.epoch("us").to_numpy() / 1e6,
            tracks["road_user"].cast(pl.String).replace_strict(codes, return_dtype=pl.Int64).to_numpy(),
            tracks.select(EDGES).to_numpy().astype(float),
            inside,
            inside & ~hidden_edges(tracks),
        )

    @property
    def sigma_px(self) -> Floats:
        """Deviation (n, 4) of the edges; infinite where the picture ends."""
        hidden = np.where(self.is_inside, edge_sigma_px(self.edges_px, _HIDDEN_SHARE), np.inf)
        return np.where(self.is_visible, edge_sigma_px(self.edges_px), hidden)

    @property
    def lower_px(self) -> Floats:
        """Middle (n, 2) of the lower edge."""
        return np.column_stack([(self.edges_px[:, LEFT] + self.edges_px[:, RIGHT]) / 2, self.edges_px[:, BOTTOM]])

    @property
    def posture_m2(self) -> Floats:
        """Covariance (n, 2, 2) of the outline's middle about that of the footprint."""
        return np.where(np.isin(self.code, _RIGID), 0.0, _POSTURE_M**2)[:, None, None] * np.eye(2)

    @property
    def upper_px(self) -> Floats:
        """Middle (n, 2) of the upper edge."""
        return np.column_stack([(self.edges_px[:, LEFT] + self.edges_px[:, RIGHT]) / 2, self.edges_px[:, TOP]])


@dataclass(frozen=True)
class Places:
    """Places on the ground.

    Attributes:
        place_m: (n, 2), middle of the footprint; NaN where it cannot be told.
        own_m2: (n, 2, 2), covariance of what is drawn anew with every box.
        shared_m2: (n, 2, 2), covariance of what all boxes of a track have in common.
        is_contact_seen: (n,), whether both sides and the lower edge were in view.
    """

    place_m: Floats
    own_m2: Floats
    shared_m2: Floats
    is_contact_seen: Bools

    @property
    def counted_m2(self) -> Floats:
        """Covariance (n, 2, 2) by which places count in smoothing: hidden ones no more for erring alike."""
        factor = np.where(self.is_contact_seen, 1.0, (1 - _LASTING_SHARE) / (1 - _HIDDEN_LASTING_SHARE))
        return np.asarray(self.own_m2 * factor[:, None, None])

    def __getitem__(self, rows: Ints | Bools) -> Places:
        return Places(self.place_m[rows], self.own_m2[rows], self.shared_m2[rows], self.is_contact_seen[rows])


def place(boxes: Boxes, camera: Camera, plane: GroundPlane) -> Places:
    """Places boxes on the ground, by their whole outline where the camera's height is known."""
    seen = np.asarray(boxes.is_visible[:, [LEFT, RIGHT, BOTTOM]].all(axis=1))
    view = viewpoint_of(plane, camera.size_px)
    if view is None:
        places, own, shared = _by_lower_edge(boxes, plane, seen)
    else:
        places, own, shared = _by_body(boxes, plane, view)
    lasting = np.where(seen, _LASTING_SHARE, _HIDDEN_LASTING_SHARE)[:, None, None]
    shared += lasting * own + plane.own_covariance_m2(plane.to_pixels(places)) + boxes.posture_m2
    own *= 1 - lasting
    total = own + shared
    finite = np.asarray(np.isfinite(total).all(axis=(1, 2)) & np.isfinite(places).all(axis=1))
    worst_m2 = np.linalg.eigvalsh(np.where(finite[:, None, None], total, np.eye(2)))[:, 1]
    places[~finite | (worst_m2 > _WORST_SIGMA_M**2)] = np.nan
    return Places(places, own, shared, seen)


def _by_lower_edge(boxes: Boxes, plane: GroundPlane, seen: Bools) -> tuple[Floats, Floats, Floats]:
    """Half a body's depth behind the lower edge, along the line of sight; only where that edge is in view."""
    lower_px = np.where(seen[:, None], boxes.lower_px, np.nan)
    near = plane.to_ground(lower_px)
    by_pixel = plane.metres_per_px(lower_px)
    own = by_pixel @ by_pixel.transpose(0, 2, 1) * edge_sigma_px(boxes.edges_px)[:, BOTTOM, None, None] ** 2
    away = -by_pixel[:, :, 1] / np.linalg.norm(by_pixel[:, :, 1], axis=1, keepdims=True)
    bodies = _class_bodies(boxes, *_headings(boxes, *_motion(boxes, near, own)))
    turn = bodies.heading_rad - np.arctan2(away[:, 1], away[:, 0])
    share = np.abs(np.column_stack([np.cos(turn), np.sin(turn)])) / 2
    is_on_foot = boxes.code == RoadUser.PEDESTRIAN.code
    depth_m = np.where(is_on_foot, 0.0, (share * bodies.shape[:, :2]).sum(axis=1))
    variance_m2 = (share**2 * np.diagonal(bodies.covariance, axis1=1, axis2=2)[:, :2]).sum(axis=1)
    shared = away[:, :, None] * away[:, None] * variance_m2[:, None, None]
    return near + away * depth_m[:, None], own, shared + _gait_m2(boxes, away)


def _by_body(boxes: Boxes, plane: GroundPlane, view: Viewpoint) -> tuple[Floats, Floats, Floats]:
    start, rough = _start(boxes, plane, view)
    weight = 1 / boxes.sigma_px**2
    bodies = _class_bodies(boxes, *_headings(boxes, *_motion(boxes, start, rough)))
    fit = fit_places(view, plane.lens, boxes.edges_px, weight, bodies, start)
    places, own, _ = _with_errors(fit, bodies)
    velocity_m_s, spread = _motion(boxes, places, own)
    heading_rad, heading_sigma_rad = _headings(boxes, velocity_m_s, spread)
    bodies = _track_bodies(boxes, bodies, fit, _class_bodies(boxes, heading_rad, heading_sigma_rad))
    fit = fit_places(view, plane.lens, boxes.edges_px, weight, bodies, fit.place_m)
    stays = _may_sit(boxes, heading_rad) | _stands(boxes, velocity_m_s)
    places, own, shared = _with_errors(fit, bodies)
    away = places - view.position_m[:2]
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    shared[stays] += _seat_m2(away[stays])
    shared[~stays] += _gait_m2(boxes[~stays], away[~stays])
    return places, own, shared


def _start(boxes: Boxes, plane: GroundPlane, view: Viewpoint) -> tuple[Floats, Floats]:
    """A first place (n, 2) from one edge, and its rough covariance (n, 2, 2)."""
    size, sigma = SIZES_M[boxes.code], SIZE_SIGMAS_M[boxes.code]
    lower = plane.to_ground(boxes.lower_px)
    by_pixel = plane.metres_per_px(boxes.lower_px)
    pixel_m2 = by_pixel @ by_pixel.transpose(0, 2, 1) * edge_sigma_px(boxes.edges_px)[:, BOTTOM, None, None] ** 2
    away = lower - view.position_m[:2]
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    depth_m = size[:, :2].mean(axis=1, keepdims=True) / 2
    upper_px = boxes.upper_px if plane.lens is None else plane.lens.undistort(boxes.upper_px)
    upper = _at_height(view, upper_px, size[:, 2])
    by_height = (upper - view.position_m[:2]) / (view.position_m[2] - size[:, 2:])
    by_depth = away * np.ptp(size[:, :2], axis=1)[:, None] / 4
    use_upper = (~boxes.is_visible[:, BOTTOM] | np.isnan(lower).any(axis=1))[:, None]
    loose = np.where(use_upper, by_height * sigma[:, 2:] + by_depth, by_depth)
    return np.where(use_upper, upper, lower + away * depth_m), loose[:, :, None] * loose[:, None] + pixel_m2


def _at_height(view: Viewpoint, ideal_px: Floats, height_m: Floats) -> Floats:
    """Where lines of sight (n, 2) pass heights (n,): x, y in metres; NaN where they do not."""
    rays = np.linalg.solve(view.projection[:, :3], np.column_stack([ideal_px, np.ones(len(ideal_px))]).T).T
    reach = (height_m - view.position_m[2]) / rays[:, 2]
    return np.where(reach[:, None] > 0, view.position_m[:2] + rays[:, :2] * reach[:, None], np.nan)


def _headings(boxes: Boxes, velocity_m_s: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Heading (n,) by the way a track moves and its deviation (n,), in radians.

    It is kept while the track stands, and NaN for one that never surely moved.
    """
    speed_m_s = np.maximum(np.hypot(*velocity_m_s.T), 1e-9)
    sideways = np.column_stack([-velocity_m_s[:, 1], velocity_m_s[:, 0]]) / speed_m_s[:, None]
    sigma_rad = np.sqrt(np.einsum("ni,nij,nj->n", sideways, covariance, sideways)) / speed_m_s
    moves = (speed_m_s > _TELLING_SPEED_M_S) & (sigma_rad < _SURE_HEADING_RAD)
    heading_rad = np.where(moves, np.arctan2(velocity_m_s[:, 1], velocity_m_s[:, 0]), np.nan)
    sure = {"heading": heading_rad, "sigma": np.where(moves, sigma_rad, np.nan)}
    known = pl.DataFrame({"track": boxes.track, **sure}).fill_nan(None)
    filled = known.select(pl.col("heading", "sigma").forward_fill().backward_fill().over("track")).fill_null(np.nan)
    return filled["heading"].to_numpy(), filled["sigma"].to_numpy()


def _motion(boxes: Boxes, rough_m: Floats, rough_m2: Floats) -> tuple[Floats, Floats]:
    """Smoothed velocities (n, 2) and their covariances (n, 2, 2); NaN for boxes without a place."""
    usable = np.asarray(np.isfinite(rough_m).all(axis=1) & np.isfinite(rough_m2).all(axis=(1, 2)))
    state, covariance = smooth(
        boxes.track[usable],
        boxes.time_s[usable],
        rough_m[usable],
        (rough_m2 + boxes.posture_m2)[usable],
        ACCELERATIONS_M_S2[boxes.code[usable]],
    )
    velocity_m_s, spread = np.full((len(usable), 2), np.nan), np.full((len(usable), 2, 2), np.nan)
    velocity_m_s[usable], spread[usable] = state[:, 2:], covariance[:, 2:, 2:]
    return velocity_m_s, spread


def _gait_m2(boxes: Boxes, away: Floats) -> Floats:
    """Covariance (n, 2, 2) of people on foot by their gait, along the unit vectors (n, 2) away from the camera."""
    gait_m = np.where(boxes.code == RoadUser.PEDESTRIAN.code, _GAIT_M, 0.0)[:, None] * away
    return np.asarray(gait_m[:, :, None] * gait_m[:, None])


def _seat_m2(away: Floats) -> Floats:
    """Covariance (n, 2, 2) of people who may sit, by how far from the middle their feet may be.

    Along the unit vectors (n, 2) away from the camera, the lower edge of a box is that of the feet. Across
    them the box shows body and feet, and its middle is half as far off.
    """
    across = np.column_stack([-away[:, 1], away[:, 0]]) / 2
    return np.asarray(_SEAT_M**2 / 2 * sum(way[:, :, None] * way[:, None] for way in (away, across)))


def _stands(boxes: Boxes, velocity_m_s: Floats) -> Bools:
    """Whether each box (n,) is of somebody on foot who hardly moves and may have sat down."""
    is_slow = np.hypot(*velocity_m_s.T) < _STANDING_M_S
    return np.asarray(is_slow & (boxes.code == RoadUser.PEDESTRIAN.code))


def _class_bodies(boxes: Boxes, heading_rad: Floats, sigma_rad: Floats) -> Bodies:
    """Bodies of the class's size; one that points anywhere is as long as it is wide, give or take."""
    shape = np.column_stack([SIZES_M[boxes.code], np.zeros(len(heading_rad))])
    sigma = np.column_stack([SIZE_SIGMAS_M[boxes.code], np.hypot(sigma_rad, _BODY_TURN_RAD)])
    unknown = np.isnan(heading_rad)
    length, width = shape[unknown, 0], shape[unknown, 1]
    shape[unknown, 0] = shape[unknown, 1] = (length + width) / 2
    sigma[unknown, :2] = np.hypot(sigma[unknown, :2], ((length - width) / 2)[:, None])
    sigma[unknown, 3] = _BODY_TURN_RAD
    stays = _may_sit(boxes, heading_rad)
    shape[stays, :3], sigma[stays, :3] = _STAYING_M, _STAYING_SIGMA_M
    return Bodies(OUTLINES[boxes.code], shape, sigma[:, :, None] ** 2 * np.eye(4), np.nan_to_num(heading_rad))


def _may_sit(boxes: Boxes, heading_rad: Floats) -> Bools:
    return np.asarray(np.isnan(heading_rad) & (boxes.code == RoadUser.PEDESTRIAN.code))


def _track_bodies(boxes: Boxes, fitted: Bodies, fit: Fit, bodies: Bodies) -> Bodies:
    """Bodies of the size that all surely placed boxes of a track agree on, if it is one of their class."""
    told, says = _said_of_size(fit, fitted)
    usable = (
        boxes.is_visible.all(axis=1)
        & (fit.chi_square < _BAD_FIT)
        & np.isfinite(told).all(axis=(1, 2))
        & (np.cos(bodies.heading_rad - fitted.heading_rad) > _SAME_HEADING)
    )
    starts = np.flatnonzero(np.r_[True, boxes.track[1:] != boxes.track[:-1]])
    track = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(boxes.track)]))
    share = np.where(usable, _novelty(boxes), 0.0)
    all_told = np.add.reduceat(np.where(usable[:, None, None], told, 0.0) * share[:, None, None], starts)[track]
    all_says = np.add.reduceat(np.where(usable[:, None], says, 0.0) * share[:, None], starts)[track]
    prior = _inverse(bodies.covariance[:, :3, :3])
    of_size = _inverse(all_told + prior)
    expected = bodies.shape[:, :3]
    shape, covariance = bodies.shape.copy(), bodies.covariance.copy()
    size = _times(of_size, all_says + _times(prior, expected))
    is_like = np.einsum("ni,nij,nj->n", size - expected, prior, size - expected) < _ODD_BODY
    shape[is_like, :3] = np.maximum(size, 0.5 * expected)[is_like]
    loose = (_SHAPE_SHARE * shape[:, :3])[:, :, None] ** 2 * np.eye(3)
    covariance[is_like, :3, :3] = (of_size + loose)[is_like]
    return Bodies(bodies.outline, shape, covariance, bodies.heading_rad)


def _novelty(boxes: Boxes) -> Floats:
    """Share (n,) of each box that its track has not said before: who stands repeats one box with one error."""
    left, top, right, bottom = boxes.edges_px.T
    middle = {"across": (left + right) / 2, "along": (top + bottom) / 2}
    extent = {"width": right - left, "height": bottom - top}
    seen = pl.DataFrame({"track": boxes.track, "time_s": boxes.time_s, **middle, **extent})
    cells = [
        (pl.col(place) / (_SAME_ERROR_SHARE * pl.col(size).mean().over("track"))).floor()
        for place, size in zip(middle, extent, strict=True)
    ]
    span_s = (pl.col("time_s").max() - pl.col("time_s").min()).over("track")
    by_time = (span_s / _SAME_ERROR_S + 1) / pl.len().over("track")
    by_place = 1 / pl.len().over("track", *cells)
    return seen.select(pl.min_horizontal(by_time, by_place, 1.0)).to_series().to_numpy()


def _said_of_size(fit: Fit, bodies: Bodies) -> tuple[Floats, Floats]:
    """What the edges alone say of the size: information (n, 3, 3), and its product with the size they say (n, 3)."""
    place, cross = fit.information[:, :2, :2], fit.information[:, :2, 2:]
    prior = _inverse(bodies.covariance)
    with np.errstate(all="ignore"):
        told = fit.information[:, 2:, 2:] - cross.transpose(0, 2, 1) @ _inverse_2(place) @ cross
        # The fitted shape balances what the edges say and what was believed before.
        says = _times(told, fit.shape) + _times(prior, fit.shape - bodies.shape)
        turn = told[:, 3, 3] + prior[:, 3, 3]
        by_turn = told[:, :3, 3] / turn[:, None]
        return told[:, :3, :3] - by_turn[:, :, None] * told[:, None, 3, :3], says[:, :3] - by_turn * says[:, 3:]


def _inverse(matrices: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrices))


def _inverse_2(matrices: Floats) -> Floats:
    """Inverses (n, 2, 2), not finite where there is none."""
    adjugate = np.eye(2) * np.trace(matrices, axis1=1, axis2=2)[:, None, None] - matrices
    determinant = matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0]
    return np.asarray(adjugate / np.where(determinant > 1e-9, determinant, np.nan)[:, None, None])


def _times(matrices: Floats, vectors: Floats) -> Floats:
    return np.asarray(np.einsum("nij,nj->ni", matrices, vectors))


def _with_errors(fit: Fit, bodies: Bodies) -> tuple[Floats, Floats, Floats]:
    """Places with the error of their edges and the error of the bodies' shape; NaN where edges say too little."""
    of_edges, cross = fit.information[:, :2, :2], fit.information[:, :2, 2:]
    of_shape = fit.information[:, 2:, 2:] + _inverse(bodies.covariance)
    with np.errstate(all="ignore"):
        own = _inverse_2(of_edges)
        whole = _inverse_2(of_edges - cross @ np.linalg.solve(of_shape, cross.transpose(0, 2, 1)))
    # A bad fit that nothing explains is at least as wrong as its residuals.
    widening = np.where(fit.chi_square > _BAD_FIT, fit.chi_square / _EXPECTED_FIT, 1.0)[:, None, None]
    return fit.place_m.copy(), own * widening, (whole - own) * widening
