"""The cheapest way to run a detector on a camera whose counts still hold: a greedy walk.

From the reference (every frame, full size, f32) each next cheaper step is tried in turn: fewer frames,
a smaller picture, int8, only where road users go, only when something moves. Of those whose counts
stay within the tolerance the cheapest becomes the next start; where none does, the walk ends. The idea
is that of OTIF (Bastani and Madden, SIGMOD 2022), with counts in the place of tracks as the judge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

# Beyond one length of the box per processed frame the flow prior has not been shown to hold.
LONGEST_DISPLACEMENT = 1.0
_EVERY = (1, 2, 3, 4, 5, 6, 8, 10)
_SMALLER, _LEAST_SIZE_PX = 0.8, 256

Region = tuple[int, int, int, int]


@dataclass(frozen=True)
class Running:
    """How a camera's recordings are run.

    Attributes:
        every: the detector looks at each so-manieth frame.
        image_size_px: longer side of the picture the model sees.
        precision: f32 or int8.
        region_px: left, top, right, bottom of the part of the picture it sees, or None for all of it.
        is_gated: whether it looks only when something has moved.
    """

    every: int = 1
    image_size_px: int = 640
    precision: str = "f32"
    region_px: Region | None = None
    is_gated: bool = False


@dataclass(frozen=True)
class Judged:
    """Crossings counted, and their error as of a `Trial`."""

    counted: int
    error: float


@dataclass(frozen=True)
class Trial:
    """What a way of running came to on the sample.

    Attributes:
        running: the way.
        cpu_ms: processor time per frame of the recordings.
        counted: crossings.
        error: sum over lines, directions and classes of the difference to the reference, over its sum.
        each: the same for each recording.
    """

    running: Running
    cpu_ms: float
    counted: int
    error: float
    each: tuple[Judged, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What the walk may try.

    Attributes:
        tolerance: largest error of the counts.
        displacement: 95th percentile per frame of the recording, in lengths of the box; None if nothing moved.
        region_px: where road users go, or None if that is nearly everywhere.
        region_share: its longer side over that of the picture, by which the model's input may shrink with it.
        has_int8: whether the engine can.
    """

    tolerance: float
    displacement: float | None
    region_px: Region | None = None
    region_share: float = 1.0
    has_int8: bool = False


def walk(reference: Trial, limits: Limits, judge: Callable[[Running], Trial]) -> Iterator[tuple[Trial, bool]]:
    """Every trial in turn, and whether it became the new start; the last that did is the choice.

    Args:
        reference: of full quality, whose error is 0.
        limits: what may be tried.
        judge: runs the sample.
    """
    chosen, tried = reference, {reference.running}
    yield reference, True
    while True:
        steps = [step for step in cheaper(chosen.running, limits) if step not in tried]
        tried |= set(steps)
        trials = [judge(step) for step in steps]
        good = [t for t in trials if t.error <= limits.tolerance and t.cpu_ms < chosen.cpu_ms]
        best = min(good, key=lambda trial: trial.cpu_ms, default=None)
        yield from ((trial, trial is best) for trial in trials)
        if best is None:
            return
        chosen = best


def cheaper(running: Running, limits: Limits) -> list[Running]:
    """The next cheaper steps; none whose displacement would go beyond what has been shown to hold."""
    steps = []
    fewer = next((every for every in _EVERY if every > running.every), None)
    if fewer and (limits.displacement or 0.0) * fewer <= LONGEST_DISPLACEMENT:
        steps.append(replace(running, every=fewer))
    smaller = int(running.image_size_px * _SMALLER) // 32 * 32
    if smaller >= _LEAST_SIZE_PX:
        steps.append(replace(running, image_size_px=smaller))
    if limits.has_int8 and running.precision != "int8":
        steps.append(replace(running, precision="int8"))
    if limits.region_px and running.region_px is None:
        size_px = math.ceil(running.image_size_px * limits.region_share / 32) * 32
        steps.append(replace(running, region_px=limits.region_px, image_size_px=size_px))
    if not running.is_gated:
        steps.append(replace(running, is_gated=True))
    return steps
