"""Fragments of one way joined in metres, and STITCHES, which says which.

A tracker that loses somebody for a moment starts a new track. Two fragments are joined where the end
of one, carried on at its own speed, meets the start of the other within their errors, and where that
is much likelier than a stranger's start at that place and time. Nothing but place and motion is
looked at, never what anybody looks like, and never across more than a few seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import dataframely as dy
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import chdtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LONGEST_GAP_S = 3.0
# Gaps get rarer with their length: the mean of an exponential distribution.
_USUAL_GAP_S = 1.0
# Of 100 true joints, this gate lets 99 through (position and velocity: four degrees of freedom).
_GATE = float(chdtri(4, 0.01))
# How much likelier than chance a joint must be.
_LEAST_RATIO = 10.0


class Stitches(dy.Schema):
    """One fragment that carries on an earlier one.

    ``joined_track_id`` is the track under which its positions stand in TRAJECTORIES: the first
    fragment of its chain. ``distance_m`` lies between where the earlier fragment would have gone in
    ``gap_s`` and where this one starts; ``chi_square`` weighs it, and the change of velocity, by their
    errors.
    """

    recording_id = dy.String(primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    joined_track_id = dy.UInt32()
    gap_s = dy.Float64(min=0.0, max=LONGEST_GAP_S)
    distance_m = dy.Float64(min=0.0)
    chi_square = dy.Float64(min=0.0)


@dataclass(frozen=True)
class Joints:
    """Pairs of fragments (k,): the earlier, the later, and what lies between them."""

    earlier: Ints
    later: Ints
    gap_s: Floats
    distance_m: Floats
    chi_square: Floats

    def __getitem__(self, rows: NDArray[np.bool_] | Ints) -> Joints:
        return Joints(
            self.earlier[rows], self.later[rows], self.gap_s[rows], self.distance_m[rows], self.chi_square[rows]
        )


@dataclass(frozen=True)
class Ends:
    """First or last moments of fragments (k,): class code, time, state (k, 4), covariance (k, 4, 4), acceleration."""

    code: Ints
    time_s: Floats
    state: Floats
    covariance: Floats
    acceleration_m_s2: Floats


def join(lasts: Ends, firsts: Ends) -> Joints:
    """Joins fragments, each to at most one later one and at most one earlier one.

    Args:
        lasts: the last moment of each fragment.
        firsts: the first moment of the same fragments.
    """
    earlier, later = _candidates(lasts, firsts)
    gap_s = firsts.time_s[later] - lasts.time_s[earlier]
    off, spread = _misses(lasts, firsts, earlier, later, gap_s)
    chi_square = np.einsum("ni,nij,nj->n", off, np.linalg.inv(spread), off)
    pairs = Joints(earlier, later, gap_s, np.hypot(off[:, 0], off[:, 1]), chi_square)
    surplus = _log_density(chi_square, spread) - gap_s / _USUAL_GAP_S - np.log(_USUAL_GAP_S)
    surplus -= _log_chance(firsts)[later] + np.log(_LEAST_RATIO)
    plausible = (chi_square < _GATE) & (surplus > 0)
    return _best(pairs[plausible], surplus[plausible], len(firsts.code))


def chains(joints: Joints, fragments: int) -> Ints:
    """The first fragment (fragments,) of the chain to which each belongs."""
    first = np.arange(fragments)
    first[joints.later] = joints.earlier
    while not np.array_equal(first, first[first]):
        first = first[first]
    return first


def _candidates(lasts: Ends, firsts: Ends) -> tuple[Ints, Ints]:
    order = np.argsort(firsts.time_s, kind="stable")
    starts = firsts.time_s[order]
    begin = np.searchsorted(starts, lasts.time_s, side="right")
    count = np.searchsorted(starts, lasts.time_s + LONGEST_GAP_S, side="right") - begin
    earlier = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(earlier)) - np.repeat(np.cumsum(count) - count, count)
    later = order[begin[earlier] + nth]
    same = lasts.code[earlier] == firsts.code[later]
    return earlier[same], later[same]


def _misses(lasts: Ends, firsts: Ends, earlier: Ints, later: Ints, gap_s: Floats) -> tuple[Floats, Floats]:
    """By how much (n, 4) starts miss the ends carried on, and the covariance (n, 4, 4) of that."""
    move = np.tile(np.eye(4), (len(gap_s), 1, 1))
    move[:, 0, 2] = move[:, 1, 3] = gap_s
    power = lasts.acceleration_m_s2[earlier] ** 2
    noise = np.zeros_like(move)
    for i in (0, 1):
        noise[:, i, i] = power * gap_s**3 / 3
        noise[:, i, i + 2] = noise[:, i + 2, i] = power * gap_s**2 / 2
        noise[:, i + 2, i + 2] = power * gap_s
    carried = np.einsum("nij,nj->ni", move, lasts.state[earlier])
    spread = move @ lasts.covariance[earlier] @ move.transpose(0, 2, 1) + noise + firsts.covariance[later]
    return firsts.state[later] - carried, spread


def _log_density(chi_square: Floats, covariance: Floats) -> Floats:
    dimensions = covariance.shape[-1]
    return np.asarray(-0.5 * (chi_square + np.linalg.slogdet(covariance)[1] + dimensions * np.log(2 * np.pi)))


def _log_chance(firsts: Ends) -> Floats:
    """Log of how many unrelated starts (n,) to expect per s, m2 and (m/s)2, by those of each class."""
    chance = np.zeros(len(firsts.code))
    for code in np.unique(firsts.code):
        rows = firsts.code == code
        place, velocity = firsts.state[rows, :2], firsts.state[rows, 2:]
        area_m2 = float(np.prod(np.maximum(np.ptp(place, axis=0), 1.0)))
        span_s = max(float(np.ptp(firsts.time_s[rows])), LONGEST_GAP_S)
        # Speeds of starts as one bell around standing still, at least 1 m/s wide.
        variance = np.mean(velocity**2, axis=0) + 1.0
        bell = -0.5 * ((velocity**2 / variance).sum(axis=1) + np.log(variance).sum() + 2 * np.log(2 * np.pi))
        chance[rows] = np.log(rows.sum() / area_m2 / span_s) + bell
    return chance


def _best(pairs: Joints, surplus: Floats, fragments: int) -> Joints:
    """The one-to-one choice of pairs with the largest total surplus, group by group of rivals."""
    if not len(surplus):
        return pairs
    graph = coo_array((np.ones(len(surplus)), (pairs.earlier, pairs.later + fragments)), shape=(2 * fragments,) * 2)
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group[pairs.earlier], kind="stable")
    breaks = np.flatnonzero(np.diff(group[pairs.earlier[order]])) + 1
    chosen = [rows[_assign(pairs[rows], surplus[rows])] for rows in np.split(order, breaks)]
    return pairs[np.sort(np.concatenate(chosen))]


def _assign(pairs: Joints, surplus: Floats) -> Ints:
    earlier, row = np.unique(pairs.earlier, return_inverse=True)
    later, column = np.unique(pairs.later, return_inverse=True)
    gain, number = np.zeros((len(earlier), len(later))), np.full((len(earlier), len(later)), -1)
    gain[row, column], number[row, column] = surplus, np.arange(len(surplus))
    best = number[linear_sum_assignment(gain, maximize=True)]
    return np.asarray(best[best >= 0])
