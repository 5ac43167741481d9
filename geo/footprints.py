"""Road users as rectangles on the ground: when two of them touch, and how closely they pass.

Exact for rectangles that keep their heading and velocity; any number of pairs at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_VERTICES = np.array(list(combinations(range(13), 2)))
_PAIRS_AT_ONCE = 1024
_EDGE = 1e-9  # a vertex may miss a constraint by rounding


@dataclass(frozen=True)
class Bodies:
    """Rectangles in motion.

    Attributes:
        centre_m: (n, 2).
        velocity_m_s: (n, 2).
        heading: unit vectors along their length (n, 2).
        size_m: length and width (n, 2).
    """

    centre_m: Floats
    velocity_m_s: Floats
    heading: Floats
    size_m: Floats

    def __len__(self) -> int:
        return len(self.centre_m)

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Bodies:
        return Bodies(self.centre_m[rows], self.velocity_m_s[rows], self.heading[rows], self.size_m[rows])

    def reach_m(self, axes: Floats) -> Floats:
        """Half extents (n, k) along unit axes (n, k, 2)."""
        along = np.abs(np.einsum("nki,ni->nk", axes, self.heading))
        across = np.abs(np.einsum("nki,ni->nk", axes, _left_of(self.heading)))
        return np.asarray((along * self.size_m[:, :1] + across * self.size_m[:, 1:]) / 2)


@dataclass(frozen=True)
class Approach:
    """How pairs come together if nobody changes speed or heading.

    Attributes:
        ttc_s: time to collision (n,): 0 where they overlap already, infinite where they never meet.
        axis: the axis along which they touch at last, from the first to the second (n, 2).
        closing_m_s: speed at which they close along it (n,).
    """

    ttc_s: Floats
    axis: Floats
    closing_m_s: Floats

    @property
    def drac_m_s2(self) -> Floats:
        """Deceleration rate to avoid a crash (n,): closing speed squared over twice the gap; NaN without a gap."""
        with np.errstate(divide="ignore", invalid="ignore"):
            drac = self.closing_m_s / (2 * self.ttc_s)
        return np.where((self.ttc_s > 0) & np.isfinite(self.ttc_s), drac, np.nan)

    def sigma_ttc_s(self, position_m2: Floats, velocity_m2_s2: Floats) -> Floats:
        """Standard deviation of the TTC (n,), to first order.

        Args:
            position_m2: covariance of the relative position (n, 2, 2).
            velocity_m2_s2: covariance of the relative velocity (n, 2, 2), independent of the position.
        """
        place = np.einsum("ni,nij,nj->n", self.axis, position_m2, self.axis)
        speed = np.einsum("ni,nij,nj->n", self.axis, velocity_m2_s2, self.axis)
        with np.errstate(divide="ignore", invalid="ignore"):
            sigma = np.sqrt(place + np.square(self.ttc_s) * speed) / self.closing_m_s
        return np.where(np.isfinite(self.ttc_s) & (self.closing_m_s > 0), sigma, np.nan)


def approach(first: Bodies, second: Bodies) -> Approach:
    """Time to collision of pairs of rectangles by separating axes, exact.

    Two rectangles overlap while they overlap along each of their four axes, so the time at which
    they touch is the latest at which an axis begins to.
    """
    axes = _axes(first, second)
    gap = np.einsum("nki,ni->nk", axes, second.centre_m - first.centre_m)
    speed = np.einsum("nki,ni->nk", axes, second.velocity_m_s - first.velocity_m_s)
    reach = first.reach_m(axes) + second.reach_m(axes)
    moving = speed != 0
    inside = np.where(np.abs(gap) <= reach, np.inf, -np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, half = -gap / speed, reach / np.abs(speed)
        begin = np.where(moving, middle - half, -inside)
        end = np.where(moving, middle + half, inside)
    last = begin.argmax(axis=1)
    rows = np.arange(len(last))
    touch, leave = begin[rows, last], end.min(axis=1)
    meets = (touch <= leave) & (leave >= 0)
    closing = np.abs(speed[rows, last])
    # Closing means that the gap shrinks, so the axis that points at the other one opposes the speed.
    towards = axes[rows, last] * -np.sign(speed[rows, last])[:, None]
    return Approach(np.where(meets, np.maximum(touch, 0.0), np.inf), towards, np.where(meets, closing, 0.0))


@dataclass(frozen=True)
class Passing:
    """How closely in time the second of a pair passes where the first has been.

    Attributes:
        gap_s: shortest time from the first's leaving a place to the second's reaching it (n,);
            0 where they overlap, infinite where no place is shared.
        first_s, second_s: when that is, in seconds from the beginning of each one's step (n,).
        slope_s_m: change of the gap per metre by which the second is moved against the first (n, 2).
    """

    gap_s: Floats
    first_s: Floats
    second_s: Floats
    slope_s_m: Floats

    def sigma_s(self, position_m2: Floats) -> Floats:
        """Standard deviation of the gap (n,) from the covariance of the relative position (n, 2, 2)."""
        return np.asarray(np.sqrt(np.einsum("ni,nij,nj->n", self.slope_s_m, position_m2, self.slope_s_m)))


def may_pass(first: Bodies, second: Bodies, step_s: float) -> NDArray[np.bool_]:
    """Whether the places of two straight steps may share ground, whenever each is there (n,).

    Along each axis of the rectangles the offset lies between bounds while either moves; where these
    leave the reach, no place is shared. What is left is for `passing` to tell.
    """
    axes = _axes(first, second)
    offset = np.einsum("nki,ni->nk", axes, second.centre_m - first.centre_m)
    moves = [np.einsum("nki,ni->nk", axes, v) * step_s for v in (-first.velocity_m_s, second.velocity_m_s)]
    low, high = (offset + limit(moves[0], 0.0) + limit(moves[1], 0.0) for limit in (np.minimum, np.maximum))
    reach = first.reach_m(axes) + second.reach_m(axes) + _EDGE
    return np.asarray(((low <= reach) & (high >= -reach)).all(axis=1))


def passing(first: Bodies, second: Bodies, lead_s: Floats, step_s: float) -> Passing:
    """Post-encroachment time of pairs of straight steps, exact.

    The first is at its place at ``r`` and the second at its own at ``s``, each within one step. That
    they overlap is linear in both, so the shortest ``lead + s - r >= 0`` lies in a corner of a polygon.

    Args:
        first: at the beginning of their step.
        second: at the beginning of theirs.
        lead_s: how much later the second's step begins (n,).
        step_s: how long each moves.
    """
    parts = [
        _passing(first[rows], second[rows], lead_s[rows], step_s)
        for start in range(0, max(len(first), 1), _PAIRS_AT_ONCE)
        for rows in [slice(start, start + _PAIRS_AT_ONCE)]
    ]
    names = ("gap_s", "first_s", "second_s", "slope_s_m")
    return Passing(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _passing(first: Bodies, second: Bodies, lead_s: Floats, step_s: float) -> Passing:
    rows, bounds, slopes = _constraints(first, second, lead_s, step_s)
    k, m = _VERTICES.T
    (a, b), (c, d) = np.moveaxis(rows[:, k], 2, 0), np.moveaxis(rows[:, m], 2, 0)
    determinant = a * d - b * c
    is_point = np.abs(determinant) > _EDGE
    inverse = np.array([[d, -b], [-c, a]]) / np.where(is_point, determinant, 1.0)
    r = inverse[0, 0] * bounds[:, k] + inverse[0, 1] * bounds[:, m]
    s = inverse[1, 0] * bounds[:, k] + inverse[1, 1] * bounds[:, m]
    excess = rows[:, None, :, 0] * r[:, :, None] + rows[:, None, :, 1] * s[:, :, None] - bounds[:, None]
    is_corner = is_point & (excess <= _EDGE).all(axis=2)
    gaps = np.where(is_corner, lead_s[:, None] + s - r, np.inf)
    best, each = gaps.argmin(axis=1), np.arange(len(rows))
    by_bound = inverse[1] - inverse[0]  # change of s - r with the two bounds that make the corner
    slope = sum(by_bound[i][each, best, None] * slopes[each, pick[best]] for i, pick in enumerate((k, m)))
    gap = gaps[each, best]
    return Passing(np.where(gap < _EDGE, 0.0, gap), r[each, best], s[each, best], np.asarray(slope))


def _constraints(first: Bodies, second: Bodies, lead_s: Floats, step_s: float) -> tuple[Floats, Floats, Floats]:
    """Rows (n, 13, 2) and bounds (n, 13) of ``rows @ (r, s) <= bounds``; change of the bounds with the offset."""
    axes = _axes(first, second)
    offset = np.einsum("nki,ni->nk", axes, second.centre_m - first.centre_m)
    by_first = -np.einsum("nki,ni->nk", axes, first.velocity_m_s)
    by_second = np.einsum("nki,ni->nk", axes, second.velocity_m_s)
    reach = first.reach_m(axes) + second.reach_m(axes)
    overlap = np.stack([by_first, by_second], axis=2)
    n = len(first)
    step = np.broadcast_to(np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1], [1, -1]]), (n, 5, 2))
    limits = np.column_stack([np.broadcast_to([step_s, 0.0, step_s, 0.0], (n, 4)), lead_s])
    rows = np.concatenate([overlap, -overlap, step], axis=1)
    return (
        rows,
        np.concatenate([reach - offset, reach + offset, limits], axis=1),
        np.concatenate([-axes, axes, np.zeros((n, 5, 2))], axis=1),
    )


def _axes(first: Bodies, second: Bodies) -> Floats:
    headings = (first.heading, _left_of(first.heading), second.heading, _left_of(second.heading))
    return np.stack(headings, axis=1)


def _left_of(heading: Floats) -> Floats:
    return np.column_stack([-heading[:, 1], heading[:, 0]])
