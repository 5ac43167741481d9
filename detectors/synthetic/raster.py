"""Triangles to samples: a software rasteriser with a depth buffer, compiled.

Depth buffers hold what grows towards the viewer (the inverse depth for the camera, the height along
the sun's ray for shadows), so that an empty buffer is filled with the smallest value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])
Grid = NDArray[np.float32]
Numbers = NDArray[np.int32]


def compiled(function: F) -> F:
    """Compiles a numeric kernel and keeps the machine code for the next run.

    Numba looks for changes in a kernel's own file only, not in those of the kernels it calls; so the
    folder that keeps the code is named by all of them.
    """
    settings: Any = numba.config
    before, settings.CACHE_DIR = settings.CACHE_DIR, str(_KERNELS)
    try:
        return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    finally:
        settings.CACHE_DIR = before


def _folder_of_kernels() -> Path:
    here = Path(__file__).parent
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(here.glob("*.py")))).hexdigest()
    return here / "__pycache__" / f"kernels-{digest[:12]}"


_KERNELS = _folder_of_kernels()


@compiled
def _span(a: float, b: float, c: float, size: int) -> tuple[int, int]:
    """First and last sample between three coordinates, sample i lying at i + 0.5."""
    low, high = min(a, b, c), max(a, b, c)
    return max(int(np.ceil(low - 0.5)), 0), min(int(np.floor(high - 0.5)), size - 1)


@compiled
def draw_depth(points: Grid, faces: Numbers, depth: Grid) -> None:
    """Draws depth alone; points (n, 3) are column, row and depth."""
    rows, columns = depth.shape
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        x0, y0, x1, y1, x2, y2 = points[i, 0], points[i, 1], points[j, 0], points[j, 1], points[k, 0], points[k, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0:
            continue
        left, right = _span(x0, x1, x2, columns)
        top, bottom = _span(y0, y1, y2, rows)
        step_a, step_b, u = (y1 - y2) / area, (y2 - y0) / area, left - 0.5
        for y in range(top, bottom + 1):
            v = y + 0.5
            a = ((x1 - u) * (y2 - v) - (x2 - u) * (y1 - v)) / area
            b = ((x2 - u) * (y0 - v) - (x0 - u) * (y2 - v)) / area
            for x in range(left, right + 1):
                a, b = a + step_a, b + step_b
                c = 1.0 - a - b
                if a >= 0.0 and b >= 0.0 and c >= 0.0:
                    z = a * points[i, 2] + b * points[j, 2] + c * points[k, 2]
                    depth[y, x] = max(depth[y, x], z)


@compiled
def draw_static(points: Grid, values: Grid, faces: Numbers, depth: Grid, out: Grid) -> None:
    """Draws values (n, c) of points (n, 3: column, row, inverse depth), nearest last; skips what is behind."""
    rows, columns = depth.shape
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        if min(points[i, 2], points[j, 2], points[k, 2]) <= 0.0:
            continue
        x0, y0, x1, y1, x2, y2 = points[i, 0], points[i, 1], points[j, 0], points[j, 1], points[k, 0], points[k, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0:
            continue
        left, right = _span(x0, x1, x2, columns)
        top, bottom = _span(y0, y1, y2, rows)
        step_a, step_b, u = (y1 - y2) / area, (y2 - y0) / area, left - 0.5
        for y in range(top, bottom + 1):
            v = y + 0.5
            a = ((x1 - u) * (y2 - v) - (x2 - u) * (y1 - v)) / area
            b = ((x2 - u) * (y0 - v) - (x0 - u) * (y2 - v)) / area
            for x in range(left, right + 1):
                a, b = a + step_a, b + step_b
                c = 1.0 - a - b
                if a >= 0.0 and b >= 0.0 and c >= 0.0:
                    z = a * points[i, 2] + b * points[j, 2] + c * points[k, 2]
                    if z > depth[y, x]:
                        depth[y, x] = z
                        for n in range(values.shape[1]):
                            out[y, x, n] = a * values[i, n] + b * values[j, n] + c * values[k, n]


@compiled
def draw_actor(
    points: Grid, values: Grid, faces: Numbers, number: int, depth: Grid, owner: Numbers, stamp: Numbers, out: Grid
) -> int:
    """Draws one road user and counts the samples it would cover if nothing stood before it."""
    rows, columns = depth.shape
    whole = 0
    for f in range(faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        if min(points[i, 2], points[j, 2], points[k, 2]) <= 0.0:
            continue
        x0, y0, x1, y1, x2, y2 = points[i, 0], points[i, 1], points[j, 0], points[j, 1], points[k, 0], points[k, 1]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0:
            continue
        left, right = _span(x0, x1, x2, columns)
        top, bottom = _span(y0, y1, y2, rows)
        step_a, step_b, u = (y1 - y2) / area, (y2 - y0) / area, left - 0.5
        for y in range(top, bottom + 1):
            v = y + 0.5
            a = ((x1 - u) * (y2 - v) - (x2 - u) * (y1 - v)) / area
            b = ((x2 - u) * (y0 - v) - (x0 - u) * (y2 - v)) / area
            for x in range(left, right + 1):
                a, b = a + step_a, b + step_b
                c = 1.0 - a - b
                if a < 0.0 or b < 0.0 or c < 0.0:
                    continue
                if stamp[y, x] != number:
                    stamp[y, x] = number
                    whole += 1
                z = a * points[i, 2] + b * points[j, 2] + c * points[k, 2]
                if z > depth[y, x]:
                    depth[y, x] = z
                    owner[y, x] = number
                    for n in range(3):
                        out[y, x, n] = a * values[i, n] + b * values[j, n] + c * values[k, n]
    return whole
