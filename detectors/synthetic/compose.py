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
_SKY_BELOW_M = -100.0  # where the sky is said to be
_LOW_M = 0.6  # below this height bodies darken what is beside them
_BEAM_M, _BRIGHT_M, _BRIGHT_WIDTH_M = 14.0, 3.5, 4.0  # head lamps: reach, where they are brightest and how widely


class Foreground(NamedTuple):
    """Samples of road users: inverse depth, number of the road user (-1 for none), radiance."""

    depth: Grid
    owner: Numbers
    colour: Grid


class Targets(NamedTuple):
    """Which shadow could fall on each pixel; as nothing there moves, it is looked up once.

    Attributes:
        block: (h, w) number of its block of the sun's shadow map, or of the one after the last.
        contact: (h, w) number of its texel seen from above.
        low: (h, w) how near the ground it is: 1 on it, 0 from _LOW_M up or beyond what is seen from above.
    """

    block: Numbers
    contact: Numbers
    low: Grid


def targets(place: Grid, shadows: ShadowMap, contact: ShadowMap) -> Targets:
    """Looks up what could fall on each pixel's place (h, w, 3)."""
    points = place.reshape(-1, 3)
    height = points[:, 2]
    columns, rows = (shadows.depth.shape[k] // _BLOCK + 1 for k in (1, 0))
    u, v = (np.floor(shadows.seen(points)[:, k] / _BLOCK).astype(np.int64) for k in (0, 1))
    is_inside = (u >= 0) & (u < columns) & (v >= 0) & (v < rows) & (height > _SKY_BELOW_M)
    block = np.where(is_inside, v * columns + u, rows * columns)
    rows, columns = contact.depth.shape
    u, v = (np.floor(contact.seen(points)[:, k]).astype(np.int64) for k in (0, 1))
    is_inside = (u >= 0) & (u < columns) & (v >= 0) & (v < rows) & (height > _SKY_BELOW_M)
    low = np.where(is_inside, 1 - height / _LOW_M, 0.0).clip(0.0, 1.0)
    texel = np.where(is_inside, v * columns + u, 0)
    shape = place.shape[:2]
    return Targets(
        block.reshape(shape).astype(np.int32),
        texel.reshape(shape).astype(np.int32),
        low.reshape(shape).astype(np.float32),
    )


def composed(
    still: Background, fore: Foreground, aims: Targets, shadows: ShadowMap, contact: Grid, beams: Grid
) -> Grid:
    """Radiance (h, w, 3) of the whole picture.

    Args:
        still: what stands still.
        fore: what moves.
        aims: which shadows could fall where.
        shadows: what moves, seen from the sun.
        contact: share of the sky that the ground loses to bodies, seen from above.
        beams: (n, 5) place, direction and half width of head lamps.
    """
    pane = (still.source.horizon * GLASS_SHEEN).astype(np.float32)
    blocks = np.append(_blocks(shadows.depth, EMPTY).ravel(), False)
    radiance = _behind(still, aims, shadows, blocks, contact.ravel(), beams)
    _put_before(fore.owner, fore.colour, still.glass > fore.depth, pane, radiance)
    return radiance


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
def _behind(
    still: Background, aims: Targets, shadows: ShadowMap, blocks: NDArray[np.bool_], contact: Grid, beams: Grid
) -> Grid:
    """What stands still, under the shadows and in the beams of what moves."""
    shade, sunny, place, block, texel, low = still.shade, still.sunny, still.place, aims.block, aims.contact, aims.low
    out = np.empty_like(shade)
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            sun, sky = 1.0, 1.0 - contact[texel[j, i]] * low[j, i]
            if blocks[block[j, i]]:
                sun = lit_share(shadows, place[j, i, 0], place[j, i, 1], place[j, i, 2], 0.03)
            if beams.shape[0] > 0 and abs(place[j, i, 2]) < 0.1:
                sky *= 1.0 + 2.2 * _beam(beams, place[j, i, 0], place[j, i, 1])
            for c in range(3):
                out[j, i, c] = shade[j, i, c] * sky + sunny[j, i, c] * sun
    return out


@compiled
def _put_before(owner: Numbers, colour: Grid, glazed: NDArray[np.bool_], pane: Grid, out: Grid) -> None:
    """Puts samples of road users before the picture, behind glass where there is some."""
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            covered = 0
            for q in range(2 * j, 2 * j + 2):
                for p in range(2 * i, 2 * i + 2):
                    covered += owner[q, p] >= 0
            if covered == 0:
                continue
            for c in range(3):
                seen = out[j, i, c] * (4 - covered)
                for q in range(2 * j, 2 * j + 2):
                    for p in range(2 * i, 2 * i + 2):
                        if owner[q, p] >= 0:
                            share = GLASS_SHARE if glazed[q, p] else 0.0
                            seen += colour[q, p, c] * (1 - share) + pane[c] * share
                out[j, i, c] = 0.25 * seen
