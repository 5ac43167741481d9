"""Where the bones of a walking, standing, sitting or riding body are, moment by moment.

A bone is a (3, 4) matrix from its own axes to the road user's. Limbs hang down their own z axis.
Proportions after Drillis and Contini, "Body segment parameters" (1966), in shares of body height.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bones = NDArray[np.float64]  # (bones, 3, 4)

TORSO, HEAD = 0, 1
THIGH, SHIN, FOOT, ARM, FOREARM = 2, 4, 6, 8, 10  # left; right is one more
THING, FRONT_WHEEL, REAR_WHEEL, CRANK = 12, 13, 14, 15
COUNT = 16

THIGH_SHARE, SHIN_SHARE, FOOT_SHARE, ARM_SHARE, FOREARM_SHARE = 0.245, 0.245, 0.04, 0.172, 0.155
HIP_SHARE = THIGH_SHARE + SHIN_SHARE + FOOT_SHARE
SHOULDER_SHARE, SHOULDER_WIDTH_SHARE, HIP_WIDTH_SHARE, NECK_SHARE = 0.28, 0.108, 0.052, 0.325
_STEP_SHARE = 0.83  # of body height in one stride of two steps, at a normal pace


def rest(count: int = COUNT) -> Bones:
    """Bones that leave everything where it is."""
    bones = np.zeros((count, 3, 4))
    bones[:, :, :3] = np.eye(3)
    return bones


def pitched(origin: Sequence[float] | Floats, pitch_rad: float, yaw_rad: float = 0.0) -> Floats:
    """A bone at an origin, leaning forward by a pitch, turned left by a yaw."""
    c, s, cy, sy = np.cos(pitch_rad), np.sin(pitch_rad), np.cos(yaw_rad), np.sin(yaw_rad)
    return np.array(
        [[cy * c, -sy, cy * s, origin[0]], [sy * c, cy, sy * s, origin[1]], [-s, 0.0, c, origin[2]]], dtype=float
    )


def hung(start: Floats, end: Floats) -> Floats:
    """The bone of a limb that hangs from one joint and ends at another."""
    z = start - end
    z = z / (np.sqrt(z @ z) + 1e-9)
    x = np.array([z[2], 0.0, -z[0]])
    x = x / (np.sqrt(x @ x) + 1e-9)
    y = np.array([z[1] * x[2] - z[2] * x[1], z[2] * x[0] - z[0] * x[2], z[0] * x[1] - z[1] * x[0]])
    return np.column_stack([x, y, z, start])


def bent(
    root: Floats, target: Floats, upper_m: float, lower_m: float, towards: Sequence[float]
) -> tuple[Floats, Floats]:
    """Middle joint and reachable end of a two-part limb that bends towards a direction."""
    reach = target - root
    far = float(np.sqrt(reach @ reach)) + 1e-9
    span = min(far, (upper_m + lower_m) * 0.999)
    axis = reach / far
    along = (upper_m**2 - lower_m**2 + span**2) / (2 * span)
    bend = np.asarray(towards) - axis * float(np.asarray(towards) @ axis)
    bend = bend / (np.sqrt(bend @ bend) + 1e-9)
    middle = root + axis * along + bend * np.sqrt(max(upper_m**2 - along**2, 0.0))
    return middle, root + axis * span


def on_torso(torso: Floats, x: float, y: float, z: float) -> Floats:
    """A point fixed to the torso."""
    return np.asarray(torso[:, :3] @ np.array([x, y, z]) + torso[:, 3])


def set_torso(bones: Bones, torso: Floats, height_m: float, nod_rad: float = 0.0) -> None:
    """Places torso and head."""
    bones[TORSO] = torso
    bones[HEAD] = pitched(on_torso(torso, 0.0, 0.0, NECK_SHARE * height_m), nod_rad)


def set_leg(bones: Bones, side: int, ankle: Floats, height_m: float, foot_pitch_rad: float = 0.0) -> None:
    """Bends one leg (0 left, 1 right) so that its ankle comes to a place."""
    hip = on_torso(bones[TORSO], 0.0, (1 - 2 * side) * HIP_WIDTH_SHARE * height_m, 0.0)
    knee, ankle = bent(hip, ankle, THIGH_SHARE * height_m, SHIN_SHARE * height_m, (1.0, 0.0, 0.25))
    bones[THIGH + side], bones[SHIN + side] = hung(hip, knee), hung(knee, ankle)
    bones[FOOT + side] = pitched(ankle, foot_pitch_rad)


def set_arm(bones: Bones, side: int, hand: Floats, height_m: float) -> None:
    """Bends one arm so that its hand comes to a place."""
    across = (1 - 2 * side) * SHOULDER_WIDTH_SHARE * height_m
    shoulder = on_torso(bones[TORSO], 0.0, across, SHOULDER_SHARE * height_m)
    elbow, hand = bent(shoulder, hand, ARM_SHARE * height_m, FOREARM_SHARE * height_m, (-1.0, across, -0.6))
    bones[ARM + side], bones[FOREARM + side] = hung(shoulder, elbow), hung(elbow, hand)


def _swing_arms(bones: Bones, phase: float, amount: float, height_m: float) -> None:
    for side in (0, 1):
        swing = amount * 0.85 * np.sin(phase + np.pi * (1 - side))
        across = (1 - 2 * side) * SHOULDER_WIDTH_SHARE * height_m
        shoulder = on_torso(bones[TORSO], 0.0, across, SHOULDER_SHARE * height_m)
        elbow = shoulder + ARM_SHARE * height_m * np.array([np.sin(swing), 0.12 * np.sign(across), -np.cos(swing)])
        fore = swing + 0.25 + 0.5 * amount
        bones[ARM + side] = hung(shoulder, elbow)
        hand = elbow + FOREARM_SHARE * height_m * np.array([np.sin(fore), -0.02 * np.sign(across), -np.cos(fore)])
        bones[FOREARM + side] = hung(elbow, hand)


def walking(height_m: float, distance_m: float, speed_m_s: float) -> Bones:
    """A walker after a distance; the lower foot is on the ground."""
    bones, phase = rest(), distance_m / (_STEP_SHARE * height_m) * 2 * np.pi
    amount = float(np.clip(0.22 + 0.2 * speed_m_s / 1.35, 0.18, 0.62))
    thigh_m, shin_m, foot_m = THIGH_SHARE * height_m, SHIN_SHARE * height_m, FOOT_SHARE * height_m
    angles = []
    for side in (0, 1):
        here = phase + np.pi * side
        thigh = amount * np.sin(here) + 0.06
        knee = 0.1 + 2.1 * amount * max(0.0, np.cos(here)) ** 1.3
        angles.append((thigh, thigh - knee))
    drop = max(thigh_m * np.cos(t) + shin_m * np.cos(s) for t, s in angles)
    torso = pitched((0.0, 0.012 * np.sin(phase), drop + foot_m), 0.04 + 0.05 * amount, 0.08 * amount * np.sin(phase))
    set_torso(bones, torso, height_m)
    for side, (thigh, shin) in enumerate(angles):
        hip = on_torso(torso, 0.0, (1 - 2 * side) * HIP_WIDTH_SHARE * height_m, 0.0)
        knee = hip + thigh_m * np.array([np.sin(thigh), 0.0, -np.cos(thigh)])
        ankle = knee + shin_m * np.array([np.sin(shin), 0.0, -np.cos(shin)])
        bones[THIGH + side], bones[SHIN + side] = hung(hip, knee), hung(knee, ankle)
        bones[FOOT + side] = pitched(ankle, float(np.clip(-1.1 * min(shin, 0.0) - 0.35 * max(thigh, 0.0), -0.3, 0.9)))
    _swing_arms(bones, phase, amount, height_m)
    return bones


def standing(height_m: float, look: int) -> Bones:
    """Somebody at rest: weight on both feet, hands down, in the pockets or at a telephone."""
    bones, rng = rest(), np.random.default_rng([look, 11])
    torso = pitched((0.0, 0.0, (HIP_SHARE - 0.004) * height_m), 0.03, rng.normal(0, 0.12))
    set_torso(bones, torso, height_m, nod_rad=0.1)
    for side in (0, 1):
        sign = 1 - 2 * side
        apart = np.array([rng.normal(0.0, 0.04), sign * 0.07 * height_m, FOOT_SHARE * height_m])
        set_leg(bones, side, apart, height_m)
        set_arm(bones, side, np.array([0.06, sign * 0.15 * height_m, 0.50 * height_m]), height_m)
    if rng.random() < 0.45:
        bones[HEAD] = pitched(bones[HEAD][:, 3], 0.35)
        set_arm(bones, int(rng.integers(2)), np.array([0.2 * height_m, 0.0, 0.70 * height_m]), height_m)
    return bones


def seated(height_m: float, seat_m: float, look: int, feet: tuple[float, float] = (0.24, 0.0)) -> Bones:
    """Somebody on a seat: hips at its height, feet ahead (share of body height) at a height in metres."""
    bones, rng = rest(), np.random.default_rng([look, 12])
    torso = pitched((-0.1 * height_m, 0.0, seat_m + 0.055 * height_m), rng.uniform(-0.12, 0.2))
    set_torso(bones, torso, height_m, nod_rad=float(rng.uniform(0, 0.4)))
    for side in (0, 1):
        sign = 1 - 2 * side
        ankle = np.array([feet[0] * height_m * 0.75, sign * 0.06 * height_m, feet[1] + FOOT_SHARE * height_m])
        set_leg(bones, side, ankle, height_m)
        set_arm(bones, side, np.array([0.07 * height_m, sign * 0.06 * height_m, seat_m + 0.13 * height_m]), height_m)
    return bones
