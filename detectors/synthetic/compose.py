"""Puts road users before the place, and their shadows and head lamps onto it, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.synthetic.bake import GLASS_SHARE, GLASS_SHEEN, Background
from detectors.synthetic.light import EMPTY, ShadowMap, lit_share
from detectors.synthetic.raster import Grid, Numbers, compiled

_BLOCK = 16  # texels along a side of what is asked first whether it holds a shadow
_LOW_M = 0.6  # below this height bodies darken what is beside them
_BEAM_M, _BRIGHT_M, _BRIGHT_WIDTH_M = 14.0, 3.5, 4.0  # head lamps: reach, where they are brightest and how widely


class Foreground(NamedTuple):
    """Samples of road users: inverse depth, number of the road user (-1 for none), radiance."""

    depth: Grid
    owner: Numbers
    colour: Grid


def composed(still: Background, fore: Foreground, shadows: ShadowMap, contact: ShadowMap, beams: Grid) -> Grid:
    """Radiance (h, w, 3) of the whole picture.

    Args:
        still: what stands still.
        fore: what moves.
        shadows: what moves, seen from the sun.
        contact: share of the sky that the ground loses to bodies, seen from above.
        beams: (n, 5) place, direction and half width of head lamps.
    """
    pane = (still.source.horizon * GLASS_SHEEN).astype(np.float32)
    return _composed(still, fore, shadows, _blocks(shadows.depth, EMPTY), contact, beams, pane)


@compiled
def samples_of(owner: Numbers, count: int) -> NDArray[np.int64]:
    """How many samples show each road user."""
    seen = np.zeros(count, np.int64)
    for j in range(owner.shape[0]):
        for i in range(owner.shape[1]):
            if owner[j, i] >= 0:
                seen[owner[j, i]] += 1
    return seen


@compiled
def _blocks(depth: Grid, empty: np.float32) -> NDArray[np.bool_]:
    """Which blocks of texels hold a shadow or lie close beside one that does."""
    rows, columns = depth.shape[0] // _BLOCK + 1, depth.shape[1] // _BLOCK + 1
    held = np.zeros((rows, columns), np.bool_)
    for j in range(depth.shape[0]):
        for i in range(depth.shape[1]):
            if depth[j, i] > empty:
                for v in (max(j - 4, 0) // _BLOCK, min((j + 4) // _BLOCK, rows - 1)):
                    for u in (max(i - 4, 0) // _BLOCK, min((i + 4) // _BLOCK, columns - 1)):
                        held[v, u] = True
    return held


@compiled
def _sun_left(shadows: ShadowMap, blocks: NDArray[np.bool_], x: float, y: float, z: float) -> float:
    """Share of the sun that no road user takes."""
    axes = shadows.axes
    u = int((x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2] - shadows.origin[0]) / shadows.texel_m) // _BLOCK
    v = int((x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2] - shadows.origin[1]) / shadows.texel_m) // _BLOCK
    if 0 <= v < blocks.shape[0] and 0 <= u < blocks.shape[1] and blocks[v, u]:
        return lit_share(shadows, x, y, z, 0.03)
    return 1.0


@compiled
def _sky_taken(contact: ShadowMap, x: float, y: float, z: float) -> float:
    """Share of the sky that bodies take from what is low."""
    u, v = int((x - contact.origin[0]) / contact.texel_m), int((y - contact.origin[1]) / contact.texel_m)
    if z < _LOW_M and 0 <= v < contact.depth.shape[0] and 0 <= u < contact.depth.shape[1]:
        return float(contact.depth[v, u] * (1 - z / _LOW_M))
    return 0.0


@compiled
def _beam(beams: Grid, x: float, y: float) -> float:
    """Light of head lamps on the ground."""
    light = 0.0
    for k in range(beams.shape[0]):
        ahead = (x - beams[k, 0]) * beams[k, 2] + (y - beams[k, 1]) * beams[k, 3]
        if 0.3 < ahead < _BEAM_M:
            aside = abs((y - beams[k, 1]) * beams[k, 2] - (x - beams[k, 0]) * beams[k, 3])
            wide = beams[k, 4] + 0.16 * ahead
            light += math.exp(-((aside / wide) ** 2)) * math.exp(-(((ahead - _BRIGHT_M) / _BRIGHT_WIDTH_M) ** 2))
    return light


@compiled
def _before(fore: Foreground, glass: Grid, pane: Grid, j: int, i: int, out: Grid) -> int:
    """Adds up a pixel's samples of road users, behind glass where there is some; returns how many there are."""
    covered = 0
    for q in range(2 * j, 2 * j + 2):
        for p in range(2 * i, 2 * i + 2):
            if fore.owner[q, p] < 0:
                continue
            covered += 1
            share = GLASS_SHARE if glass[q, p] > fore.depth[q, p] else 0.0
            for c in range(3):
                out[c] += 0.25 * (fore.colour[q, p, c] * (1 - share) + pane[c] * share)
    return covered


@compiled
def _composed(
    still: Background, fore: Foreground, shadows: ShadowMap, blocks: NDArray[np.bool_], contact: ShadowMap, beams: Grid,
    pane: Grid,
) -> Grid:  # fmt: skip
    rows, columns = still.shade.shape[0], still.shade.shape[1]
    out = np.zeros((rows, columns, 3), np.float32)
    for j in range(rows):
        for i in range(columns):
            rest = (4 - _before(fore, still.glass, pane, j, i, out[j, i])) * 0.25
            if rest == 0.0:
                continue
            x, y, z = still.place[j, i, 0], still.place[j, i, 1], still.place[j, i, 2]
            sun, sky = 1.0, 1.0
            if z > -100.0:
                sun = _sun_left(shadows, blocks, x, y, z)
                sky = 1.0 - _sky_taken(contact, x, y, z)
            if abs(z) < 0.1 and beams.shape[0] > 0:
                sky *= 1.0 + 2.2 * _beam(beams, x, y)
            for c in range(3):
                out[j, i, c] += rest * (still.shade[j, i, c] * sky + still.sunny[j, i, c] * sun)
    return out
