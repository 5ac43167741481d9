"""What road users shine with: head lamps and their beams, tail and brake lamps, lit insides and displays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectors.synthetic.mesh import BRAKE_LIGHT, DISPLAY, HEAD_LIGHT, INTERIOR, TAIL_LIGHT
from detectors.synthetic.raster import Grid
from detectors.synthetic.scene import Actor, Floats, Light


def glow_of(actor: Actor, light: Light) -> Floats:
    """Light of each kind of lamp on a road user, in linear red, green and blue."""
    is_dusk = light.sky == "dusk"
    glow = np.zeros((7, 3))
    glow[HEAD_LIGHT] = np.array([2.6, 2.5, 2.2]) if is_dusk else np.array([0.25, 0.25, 0.23])
    glow[TAIL_LIGHT] = np.array([0.9, 0.02, 0.02]) if is_dusk else 0.0
    if actor.is_braking:
        glow[BRAKE_LIGHT] = np.array([1.6, 0.06, 0.04])
        glow[TAIL_LIGHT] = glow[TAIL_LIGHT] + np.array([0.5, 0.02, 0.02])
    glow[INTERIOR] = np.array([0.24, 0.19, 0.11]) if is_dusk else 0.0
    glow[DISPLAY] = np.array([0.8, 0.42, 0.04]) * (0.7 if is_dusk else 1.0)
    return glow


def beams_of(actors: Sequence[Actor], light: Light) -> Grid:
    """Head lights that reach the ground at dusk: place, direction and half width of each vehicle's beam."""
    if light.sky != "dusk":
        return np.zeros((0, 5), np.float32)
    rows = []
    for a in actors:
        if a.width_m < 1.3 or a.speed_m_s < 0.3:
            continue
        x, y, heading, length = a.joints[0] if a.joints else (a.x_m, a.y_m, a.heading_rad, a.length_m)
        c, s = np.cos(heading), np.sin(heading)
        rows.append([x + c * length / 2, y + s * length / 2, c, s, a.width_m / 2])
    return np.array(rows, np.float32).reshape(-1, 5)
