"""Where ways of points meet lines: compiled loops in any unit, y pointing up.

A line is a path of legs. Its *sheet* is the line with its first and last leg drawn on without end, and
divides the plane; a single leg's sheet is the straight line through it. A *hit* is a step of a way
across a leg; the *band* is all that lies within the hysteresis of the sheet. A *visit* is a stretch of
the way in the band. A visit that leaves on the other side is one passage, however often it went to and
fro; it lies at the middle one of its hits, which is the same forwards and backwards in time, and counts
if that place is on the line and not on its extensions. A track that begins or ends in the band is taken
at its word for the side it is on there, so that a passage whose track breaks on the line counts once; but
a track that is never clear of the band has no passage.

Nothing here depends on where on its way a road user happens to have been seen: a point added on a
step changes nothing.
"""

from __future__ import annotations

from math import erfc, hypot, sqrt
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK = 8
_SURE = 6.0  # standard deviations beyond which nothing is gained by looking further


@njit(cache=True)
def _side(path: Floats, leg: int, x: float, y: float) -> float:
    """Positive to the right of a leg, looking from its start to its end; not normalised."""
    dx, dy = path[leg + 1, 0] - path[leg, 0], path[leg + 1, 1] - path[leg, 1]
    return float((x - path[leg, 0]) * dy - (y - path[leg, 1]) * dx)


@njit(cache=True)
def _turn(px: float, py: float, qx: float, qy: float, vx: float, vy: float) -> float:
    """Positive if v is to the left of the way from p to q."""
    return (qx - px) * (vy - py) - (qy - py) * (vx - px)


@njit(cache=True)
def _hit(path: Floats, leg: int, px: float, py: float, qx: float, qy: float, is_sheet: bool) -> int:
    """1 if the step from p to q crosses the leg forward, -1 backward, 0 not at all.

    A point on the leg is on its right; a leg owns its start and not its end. Both hold for either
    direction of the step, and neighbouring legs judge their common corner by the same numbers.
    """
    from_right, to_right = _side(path, leg, px, py) >= 0.0, _side(path, leg, qx, qy) >= 0.0
    if from_right == to_right:
        return 0
    if from_right:
        px, py, qx, qy = qx, qy, px, py
    has_start, has_end = not (is_sheet and leg == 0), not (is_sheet and leg == len(path) - 2)
    if has_start and _turn(px, py, qx, qy, path[leg, 0], path[leg, 1]) > 0.0:
        return 0
    if has_end and _turn(px, py, qx, qy, path[leg + 1, 0], path[leg + 1, 1]) <= 0.0:
        return 0
    return -1 if from_right else 1


@njit(cache=True)
def _grown(values: Any) -> Any:  # noqa: ANN401  (an array of any shape and type)
    return np.concatenate((values, np.empty_like(values)))


@njit(cache=True)
def _is_hit(path: Floats, x: Floats, y: Floats, i: int) -> bool:
    for leg in range(len(path) - 1):  # noqa: SIM110  (loops compile to less than generators)
        if _hit(path, leg, x[i], y[i], x[i + 1], y[i + 1], False) != 0:
            return True
    return False


@njit(cache=True)
def _extent(values: Floats, low: int, high: int) -> tuple[float, float]:
    least = most = values[low]
    for i in range(low + 1, high):
        least, most = min(least, values[i]), max(most, values[i])
    return least, most


@njit(cache=True)
def find_hits(track: Ints, x: Floats, y: Floats, corners: Floats, first: Ints) -> tuple[Ints, Ints]:
    """Every step of every track that crosses a line, without any hysteresis.

    Args:
        track: track number of each point (n,), points in order of track, then time.
        x: (n,).
        y: (n,).
        corners: of all lines, one line after the other (m, 2).
        first: index of each line's first corner, and m (lines + 1,).

    Returns:
        Number of the line and index of the point before the step, of each hit.
    """
    lines = len(first) - 1
    box = np.empty((lines, 4))
    for line in range(lines):
        box[line, :2] = _extent(corners[:, 0], first[line], first[line + 1])
        box[line, 2:] = _extent(corners[:, 1], first[line], first[line + 1])
    hit_line, hit_step, hits = np.empty(256, np.int64), np.empty(256, np.int64), 0
    for low in range(0, len(x) - 1, _BLOCK):
        high = min(low + _BLOCK, len(x) - 1)
        (left, right), (bottom, top) = _extent(x, low, high + 1), _extent(y, low, high + 1)
        for line in range(lines):
            # All four are worked out at once, because nothing could foresee which one decides.
            if (box[line, 0] > right) | (box[line, 1] < left) | (box[line, 2] > top) | (box[line, 3] < bottom):
                continue
            path = corners[first[line] : first[line + 1]]
            for i in range(low, high):
                if track[i] == track[i + 1] and _is_hit(path, x, y, i):
                    if hits == len(hit_line):
                        hit_line, hit_step = _grown(hit_line), _grown(hit_step)
                    hit_line[hits], hit_step[hits] = line, i
                    hits += 1
    return hit_line[:hits], hit_step[:hits]


@njit(cache=True)
def _from_leg(path: Floats, leg: int, x: float, y: float) -> tuple[float, float, float]:
    """How far a point is from a leg of the sheet, and the unit vector towards the point."""
    ax, ay = path[leg, 0], path[leg, 1]
    dx, dy = path[leg + 1, 0] - ax, path[leg + 1, 1] - ay
    share = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)
    if leg > 0:
        share = max(share, 0.0)
    if leg < len(path) - 2:
        share = min(share, 1.0)
    away_x, away_y = x - ax - share * dx, y - ay - share * dy
    far, length = hypot(away_x, away_y), hypot(dx, dy)
    if far <= 1e-12 * length:
        return far, dy / length, -dx / length
    return far, away_x / far, away_y / far


@njit(cache=True)
def _from_sheet(path: Floats, x: float, y: float) -> tuple[float, float, float]:
    """How far a point is from the sheet, and the unit vector towards the point."""
    far, nx, ny = _from_leg(path, 0, x, y)
    for leg in range(1, len(path) - 1):
        other = _from_leg(path, leg, x, y)
        if other[0] < far:
            far, nx, ny = other
    return far, nx, ny


@njit(cache=True)
def _beyond(path: Floats, leg: int, x: Floats, y: Floats, h: Floats, i: int, t: float) -> float:
    """How far beyond a leg's band the way is at share t of step i; convex in t."""
    u = 1.0 - t
    far = _from_leg(path, leg, u * x[i] + t * x[i + 1], u * y[i] + t * y[i + 1])[0]
    return float(far - (u * h[i] + t * h[i + 1]))


@njit(cache=True)
def _is_clear(path: Floats, x: Floats, y: Floats, h: Floats, i: int) -> bool:
    return bool(_from_sheet(path, x[i], y[i])[0] > h[i])


@njit(cache=True)
def _leaves(path: Floats, x: Floats, y: Floats, h: Floats, i: int, t0: float, t1: float) -> bool:
    """Whether step i is anywhere clear of the band between two shares of it.

    The part of a step that lies in one leg's band is an interval, so it is enough to go from the end
    of one to the end of the next.
    """
    t = t0
    while True:
        end, is_covered = t, False
        for leg in range(len(path) - 1):
            if _beyond(path, leg, x, y, h, i, t) > 0.0:
                continue
            is_covered = True
            if _beyond(path, leg, x, y, h, i, t1) <= 0.0:
                return False
            inside, outside = t, t1
            while True:
                middle = 0.5 * (inside + outside)
                if middle <= inside or middle >= outside or len(path) == 2:
                    break
                if _beyond(path, leg, x, y, h, i, middle) <= 0.0:
                    inside = middle
                else:
                    outside = middle
            end = max(end, outside)
        if not is_covered or len(path) == 2:
            return True
        if end >= t1:
            return False
        t = end


@njit(cache=True)
def _step_hits(path: Floats, x: Floats, y: Floats, i: int, share: Floats, leg: Ints, sign: Ints) -> int:
    """The hits of one step on the sheet, in order; fills share, leg and sign and returns how many."""
    n = 0
    for candidate in range(len(path) - 1):
        way = _hit(path, candidate, x[i], y[i], x[i + 1], y[i + 1], True)
        if way == 0:
            continue
        a, b = _side(path, candidate, x[i], y[i]), _side(path, candidate, x[i + 1], y[i + 1])
        t, place = a / (a - b), n
        while place > 0 and share[place - 1] > t:
            share[place], leg[place], sign[place] = share[place - 1], leg[place - 1], sign[place - 1]
            place -= 1
        share[place], leg[place], sign[place] = t, candidate, way
        n += 1
    return n


@njit(cache=True)
def _goes_on(track: Ints, i: int) -> bool:
    return i + 1 < len(track) and track[i + 1] == track[i]


@njit(cache=True)
def _last_clear(track: Ints, x: Floats, y: Floats, h: Floats, path: Floats, i: int) -> int:
    """The last point up to i that is clear of the band, or else the track's first."""
    while not _is_clear(path, x, y, h, i) and i > 0 and track[i - 1] == track[i]:
        i -= 1
    return i


@njit(cache=True)
def _is_passage(path: Floats, x: Floats, y: Floats, visit: Ints, hits: int, net: int) -> bool:
    """Whether a visit left on the other side, and its place is on the line and not on its extensions."""
    i, leg = visit[hits // 2]
    return net != 0 and _hit(path, leg, x[i], y[i], x[i + 1], y[i + 1], False) != 0


@njit(cache=True)
def find_passages(track: Ints, x: Floats, y: Floats, h: Floats, path: Floats, steps: Ints) -> tuple[Ints, Floats]:
    """The passages through one line.

    Args:
        track: track number of each point (n,), points in order of track, then time.
        x: (n,).
        y: (n,).
        h: half the width of the band at each point (n,).
        path: corners of the line (m, 2).
        steps: hits of `find_hits` on this line, in order.

    Returns:
        Of each passage (p, 5): index of the point before it, leg, 1 (forward) or -1, and the indices
        of the points last clear before and first clear after it (or of the track's first or last
        point); and the share of its step (p,).
    """
    legs = len(path) - 1
    share, leg, sign = np.empty(legs), np.empty(legs, np.int64), np.empty(legs, np.int64)
    # Step, leg and share of each hit of the visit that is being followed.
    visit, visit_share = np.empty((64, 2), np.int64), np.empty(64)
    found, found_share, n = np.empty((legs * len(steps), 5), np.int64), np.empty(legs * len(steps)), 0
    i = -1
    for step in steps:
        if step < i:
            continue
        i = _last_clear(track, x, y, h, path, step)
        before, is_clear, hits, net = i, _is_clear(path, x, y, h, i), 0, 0
        while (i <= step or before != i) and _goes_on(track, i):
            here, t = _step_hits(path, x, y, i, share, leg, sign), 0.0
            for k in range(here + 1):
                until = share[k] if k < here else 1.0
                if _leaves(path, x, y, h, i, t, until):
                    if _is_passage(path, x, y, visit, hits, net):
                        found[n, :2], found[n, 2:] = visit[hits // 2], (net, before, i + 1)
                        found_share[n], n = visit_share[hits // 2], n + 1
                    before, is_clear, hits, net = i, True, 0, 0
                if k < here:
                    if hits == len(visit):
                        visit, visit_share = _grown(visit), _grown(visit_share)
                    visit[hits], visit_share[hits] = (i, leg[k]), share[k]
                    hits, net = hits + 1, net + sign[k]
                t = until
            i += 1
            before = i if _is_clear(path, x, y, h, i) else before
        if is_clear and _is_passage(path, x, y, visit, hits, net):
            found[n, :2], found[n, 2:] = visit[hits // 2], (net, before, i)
            found_share[n], n = visit_share[hits // 2], n + 1
    return found[:n], found_share[:n]


@njit(cache=True)
def _certainty(x: Floats, y: Floats, least: float, covariance: Floats, path: Floats, i: int) -> float:
    """Standard deviations by which point i is further from the sheet than it must be."""
    far, nx, ny = _from_sheet(path, x[i], y[i])
    var_x, cov_xy, var_y = covariance[i]
    return float((far - least) / sqrt(max(nx * nx * var_x + 2 * nx * ny * cov_xy + ny * ny * var_y, 1e-12)))


@njit(cache=True)
def _surest(track: Ints, x: Floats, y: Floats, h: Floats, covariance: Floats, path: Floats, i: int, way: int) -> float:
    """How surely a track was on the side it has at point i, before (way -1) or after it (1)."""
    if not _is_clear(path, x, y, h, i):
        return _certainty(x, y, 0.0, covariance, path, i)
    share, leg, sign = np.empty(len(path) - 1), np.empty(len(path) - 1, np.int64), np.empty(len(path) - 1, np.int64)
    best = _certainty(x, y, h[i], covariance, path, i)
    while best < _SURE:
        j = i + way
        if j < 0 or j >= len(x) or track[j] != track[i]:
            break
        if _step_hits(path, x, y, min(i, j), share, leg, sign) > 0:
            break
        best, i = max(best, _certainty(x, y, h[j], covariance, path, j)), j
    return best


@njit(cache=True)
def _normal(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * erfc(-z / sqrt(2.0))


@njit(cache=True)
def find_probabilities(
    track: Ints,
    x: Floats,
    y: Floats,
    h: Floats,
    covariance: Floats,
    path: Floats,
    found: Ints,
    share: Floats,
) -> Floats:
    """How probable each passage is, given the errors of positions.

    The product of three probabilities: that the road user was beyond the band on one side before
    and on the other side after, each where it was surest, and that it passed between the line's
    ends. Where a track begins or ends in the band, it is that of the side alone. Errors are taken as
    normal, and as common to the passage where the line's ends are concerned.

    Args:
        track: track number of each point (n,).
        x: (n,).
        y: (n,).
        h: half the width of the band at each point (n,).
        covariance: variance of x, covariance, variance of y of each point (n, 3).
        path: corners of the line (m, 2).
        found: passages of `find_passages` (p, 5).
        share: their shares of a step (p,).

    Returns:
        Probabilities (p,).
    """
    lengths = np.sqrt((path[1:, 0] - path[:-1, 0]) ** 2 + (path[1:, 1] - path[:-1, 1]) ** 2)
    probability = np.empty(len(found))
    for n in range(len(found)):
        at, leg, _, before, after = found[n]
        ux, uy = (path[leg + 1] - path[leg]) / lengths[leg]
        # Along the line, an error across it counts by the angle at which it is passed.
        wx, wy = x[after] - x[before], y[after] - y[before]
        across, along = wx * uy - wy * ux, wx * ux + wy * uy
        slant = along / across if abs(across) > 1e-9 * (abs(along) + 1e-9) else 0.0
        gx, gy = ux - slant * uy, uy + slant * ux
        c = (1 - share[n]) * covariance[at] + share[n] * covariance[at + 1]
        deviation = sqrt(max(gx * gx * c[0] + 2 * gx * gy * c[1] + gy * gy * c[2], 1e-12))
        px, py = x[at] + share[n] * (x[at + 1] - x[at]), y[at] + share[n] * (y[at + 1] - y[at])
        reach = (px - path[leg, 0]) * ux + (py - path[leg, 1]) * uy + lengths[:leg].sum()
        inside = _normal((lengths.sum() - reach) / deviation) - _normal(-reach / deviation)
        came = _normal(_surest(track, x, y, h, covariance, path, before, -1))
        went = _normal(_surest(track, x, y, h, covariance, path, after, 1))
        probability[n] = came * went * inside
    return probability
