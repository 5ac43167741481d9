"""Six lanes of traffic, alternately left and right, at a displacement per frame that is chosen.

Boxes are 70 px long and come with jitter, gaps and headways as on a road; what crosses the middle is
known. Speeds differ between road users, and lanes between each other.
"""

from __future__ import annotations

import numpy as np

SIZE_PX = (1280, 720)
LENGTH_PX, HEIGHT_PX, FPS = 70.0, 40.0, 30
LINE_PX = SIZE_PX[0] / 2


def traffic(seed, speed_px, *, frames=1800, recall=0.98, spread=0.1, lanes=6):
    """[(corners, scores)] per frame, and how many cross the middle."""
    rng = np.random.default_rng(seed)
    found = [[] for _ in range(frames)]
    crossed = 0
    for lane in range(lanes):
        sign, y, usual = (-1) ** lane, 80.0 + 110 * lane, speed_px * rng.uniform(0.8, 1.2)
        entry = rng.uniform(0, 30)
        while entry < frames:
            speed = usual * rng.uniform(1 - spread, 1 + spread)
            start = -LENGTH_PX if sign > 0 else SIZE_PX[0] + LENGTH_PX
            seen = 0
            for frame in range(int(np.ceil(entry)), min(frames, int(entry + (SIZE_PX[0] + 140) / speed) + 1)):
                x = start + sign * speed * (frame - entry)
                if not 35 < x < SIZE_PX[0] - 35:
                    continue
                seen |= 1 if (x - LINE_PX) * sign < 0 else 2
                if rng.random() < recall:
                    middle = np.array([x, y]) + rng.normal(0, 1.5, 2)
                    half = np.array([LENGTH_PX, HEIGHT_PX]) / 2
                    found[frame].append(np.concatenate([middle - half, middle + half]))
            crossed += seen == 3
            # Nobody overtakes within a lane: the slowest that could follow stays behind.
            entry += 2.5 * LENGTH_PX / usual + rng.exponential(70.0) + 2 * spread * SIZE_PX[0] / usual
    boxes = [np.array(one).reshape(-1, 4) for one in found]
    return [(one, rng.uniform(0.5, 0.95, len(one))) for one in boxes], crossed


def crossings(rows):
    """How many tracks cross the middle, of (track, frame, left, right)."""
    rows = np.asarray(rows, float)
    count = 0
    for track in np.unique(rows[:, 0]):
        x = rows[rows[:, 0] == track][:, 2:].mean(axis=1)
        count += int(min(x) < LINE_PX < max(x))
    return count
