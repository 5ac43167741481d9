"""Cyclists, cargo bicycles, e-scooters and motorcycles with their riders."""

from __future__ import annotations

import numpy as np

from detectors.synthetic import bones
from detectors.synthetic.mesh import (
    HEAD_LIGHT,
    TAIL_LIGHT,
    Mesh,
    Paint,
    ball,
    bar,
    box,
    column,
    disc,
    hoop,
    loft,
    merged,
)
from detectors.synthetic.people import linear, pick

_FRAMES = ("#1a1b1e", "#23507a", "#8e1e22", "#d8d6d0", "#2f5d48", "#c9a227", "#6f7478", "#3b3f45", "#5e8f9b")
_DARK, _STEEL = Paint(linear("#17181a"), 0.1), Paint(linear("#9a9da0"), 0.4)
_LAMP, _TAIL = Paint(linear("#e9e6da"), 0.3, HEAD_LIGHT), Paint(linear("#8a1512"), 0.2, TAIL_LIGHT)
WHEEL_M, CRANK_M = 0.34, 0.165
_AXLES_M = 0.53  # ahead of and behind the middle
_PEDALS = (-0.06, 0.0, 0.29)  # bottom bracket
_METRES_PER_TURN = 5.2
_CORNERS = ((1, 1), (-1, 1), (-1, -1), (1, -1))


def _wheel(radius: float) -> Mesh:
    """A spoked wheel about its own axle."""
    rims = [radius * 0.94 * np.array([np.cos(a), 0, np.sin(a)]) for a in np.arange(4) * np.pi / 4]
    spokes = [bar(rim, -rim, 0.004, _STEEL, 3) for rim in rims]
    return merged([hoop((0, 0, 0), radius, 0.045, _DARK), *spokes, disc((0, 0, 0), 0.04, 0.08, _STEEL, 6)])


def bicycle(look: int) -> Mesh:
    """A city bicycle on its bones, its middle above the ground centre of its footprint."""
    rng = np.random.default_rng([look, 20])
    frame, seat, head, pedals = pick(_FRAMES, rng), (-0.22, 0, 0.92), (0.36, 0, 0.9), _PEDALS
    rear, front = (-_AXLES_M, 0, WHEEL_M), (_AXLES_M, 0, WHEEL_M)
    is_low = rng.random() < 0.5  # its top tube, to step through
    top = ((-0.17, 0, 0.5), head) if is_low else ((-0.21, 0, 0.86), head)
    tubes = [(pedals, seat), (pedals, (0.36, 0, 0.8)), top, (rear, pedals), (rear, (-0.22, 0, 0.82)), (front, head)]
    parts = [bar(a, b, 0.021, frame) for a, b in tubes]
    parts += [
        bar(head, (0.33, 0, 1.04), 0.016, _STEEL),
        bar((0.33, 0.3, 1.03), (0.33, -0.3, 1.03), 0.016, _DARK),
        ball((-0.25, 0, 0.96), (0.14, 0.075, 0.035), _DARK, 4, 7),
        ball((_AXLES_M - 0.1, 0, 0.86), (0.04, 0.04, 0.04), _LAMP, 3, 6),
        box((-0.76, -0.03, 0.62), (-0.73, 0.03, 0.68), _TAIL),
        box((-0.82, -0.06, 0.70), (-0.38, 0.06, 0.715), _DARK),
    ]
    if rng.random() < 0.35:
        parts.append(box((0.42, -0.19, 0.84), (0.72, 0.19, 1.06), pick(("#5a4632", "#2b2c2f", "#8a7a5c"), rng)))
    if rng.random() < 0.3:
        parts += [box((-0.8, y - 0.07, 0.36), (-0.42, y + 0.07, 0.68), pick(_FRAMES, rng)) for y in (-0.16, 0.16)]
    cranks = [bar((0, y, 0), (0, y, -CRANK_M * np.sign(y)), 0.014, _STEEL) for y in (-0.08, 0.08)]
    wheels = [_wheel(WHEEL_M).on(bones.REAR_WHEEL), _wheel(WHEEL_M).on(bones.FRONT_WHEEL)]
    return merged([merged(parts).on(bones.THING), merged(cranks).on(bones.CRANK), *wheels])


def cargo_bicycle(look: int) -> Mesh:
    """A cargo bicycle: a bicycle with a box ahead of its handlebar and a small wheel before it."""
    rng = np.random.default_rng([look, 21])
    cargo, middle = pick(("#8b6a45", "#3d4c5c", "#2c2d30", "#4f6a52", "#b9b2a4"), rng), 0.98
    side = [(0.28, 0.46, 0.22), (0.5, 0.56, 0.3), (0.84, 0.62, 0.33), (0.88, 0.62, 0.33)]
    parts = [
        loft(
            np.array([[(middle + sx * x, sy * y, z) for sx, sy in _CORNERS] for z, x, y in side]), cargo, smooth=False
        ),
        bar((0.2, 0, 0.35), (1.75, 0, 0.3), 0.03, _DARK),
        hoop((1.72, 0, 0.25), 0.25, 0.045, _DARK),
        bar((1.72, 0.04, 0.25), (1.62, 0.0, 0.7), 0.02, _DARK),
    ]
    return merged([bicycle(look), merged(parts).on(bones.THING)])


def kick_scooter(look: int) -> Mesh:
    """An e-scooter."""
    frame = pick(("#1d1f22", "#2f6f5b", "#7a1fa0", "#d0d0cc", "#c4572a"), np.random.default_rng([look, 22]))
    return merged(
        [
            box((-0.42, -0.08, 0.12), (0.34, 0.08, 0.17), frame),
            bar((0.38, 0, 0.14), (0.46, 0, 0.3), 0.03, frame),
            bar((0.46, 0, 0.25), (0.36, 0, 1.08), 0.024, frame),
            bar((0.36, -0.23, 1.1), (0.36, 0.23, 1.1), 0.016, _DARK),
            disc((0.46, 0, 0.11), 0.11, 0.05, _DARK, 12),
            disc((-0.46, 0, 0.11), 0.11, 0.05, _DARK, 12),
            box((-0.56, -0.03, 0.2), (-0.5, 0.03, 0.24), _TAIL),
            ball((0.42, 0, 0.9), (0.03, 0.03, 0.03), _LAMP, 3, 6),
        ]
    ).on(bones.THING)


def motorcycle(look: int) -> Mesh:
    """A motor scooter."""
    paint = Paint(pick(_FRAMES, np.random.default_rng([look, 23])).colour, 0.35)
    parts = [
        column([(-0.42, 0, z, x, y) for z, x, y in ((0.35, 0.34, 0.16), (0.55, 0.44, 0.2), (0.72, 0.4, 0.17))], paint),
        column([(-0.25, 0, z, x, y) for z, x, y in ((0.72, 0.36, 0.14), (0.8, 0.38, 0.15), (0.84, 0.3, 0.1))], _DARK),
        box((-0.2, -0.15, 0.24), (0.38, 0.15, 0.32), paint),
        column([(0.5, 0, 0.3, 0.06, 0.16), (0.46, 0, 0.7, 0.08, 0.2), (0.42, 0, 0.98, 0.08, 0.12)], paint),
        bar((0.4, -0.33, 1.04), (0.4, 0.33, 1.04), 0.02, _DARK),
        ball((0.53, 0, 0.82), (0.05, 0.08, 0.08), _LAMP, 4, 7),
        box((-0.88, -0.09, 0.6), (-0.84, 0.09, 0.67), _TAIL),
    ]
    parts += [disc((x, 0, 0.25), 0.25, 0.11, _DARK) for x in (-0.6, 0.65)]
    return merged(parts).on(bones.THING)


def _wheels(pose: bones.Bones, distance_m: float) -> None:
    roll = bones.pitched((0, 0, 0), distance_m / WHEEL_M)
    for bone, x in ((bones.FRONT_WHEEL, _AXLES_M), (bones.REAR_WHEEL, -_AXLES_M)):
        pose[bone] = roll
        pose[bone, :, 3] = (x, 0, WHEEL_M)
    pose[bones.CRANK] = bones.pitched(_PEDALS, distance_m * 2 * np.pi / _METRES_PER_TURN)


def riding(height_m: float, distance_m: float, speed_m_s: float, back_m: float = 0.0) -> bones.Bones:
    """A rider with turning pedals, or one foot down when standing still; ``back_m`` ahead of the middle."""
    pose = bones.rest()
    bones.set_torso(pose, bones.pitched((-0.2, 0, 1.0), 0.32), height_m, nod_rad=0.05)
    turn = distance_m * 2 * np.pi / _METRES_PER_TURN
    for side in (0, 1):
        sign = 1 - 2 * side
        down = np.array([np.sin(turn), 0, np.cos(turn)]) * -sign * CRANK_M
        ankle = np.array(_PEDALS) + down + np.array([-0.06, sign * 0.1, 0.09])
        if speed_m_s < 0.3 and side == 0:
            ankle = np.array([-0.1, 0.33, bones.FOOT_SHARE * height_m])
        bones.set_leg(pose, side, ankle, height_m, foot_pitch_rad=0.15)
        bones.set_arm(pose, side, np.array([0.34, sign * 0.27, 1.04]), height_m)
    _wheels(pose, distance_m)
    pose[:, 0, 3] += back_m
    return pose


def scooting(height_m: float, speed_m_s: float) -> bones.Bones:
    """A rider who stands on the deck of an e-scooter, or puts a foot down when it stands still."""
    pose = bones.rest()
    hip = (bones.HIP_SHARE - 0.012) * height_m + 0.17
    bones.set_torso(pose, bones.pitched((-0.12, 0, hip), 0.06), height_m)
    for side, x in ((0, 0.02), (1, -0.22)):
        down = 0.0 if side == 0 and speed_m_s < 0.3 else 0.17
        y = 0.03 * (1 - 2 * side) if down else 0.2
        bones.set_leg(pose, side, np.array([x, y, down + bones.FOOT_SHARE * height_m]), height_m)
        bones.set_arm(pose, side, np.array([0.33, 0.22 * (1 - 2 * side), 1.12]), height_m)
    return pose


def astride(height_m: float) -> bones.Bones:
    """The rider of a motor scooter."""
    pose = bones.rest()
    bones.set_torso(pose, bones.pitched((-0.25, 0, 0.9), 0.12), height_m)
    for side in (0, 1):
        sign = 1 - 2 * side
        bones.set_leg(pose, side, np.array([0.18, sign * 0.14, 0.32 + bones.FOOT_SHARE * height_m]), height_m)
        bones.set_arm(pose, side, np.array([0.38, sign * 0.28, 1.07]), height_m)
    return pose


def parked(look: int) -> Mesh:
    """A bicycle without a rider, its wheels in their places."""
    mesh, pose = bicycle(look), bones.rest()
    _wheels(pose, float(look % 7))
    points = np.einsum("nij,nj->ni", pose[mesh.bones][:, :, :3], mesh.points) + pose[mesh.bones][:, :, 3]
    normals = np.einsum("nij,nj->ni", pose[mesh.bones][:, :, :3], mesh.normals)
    still = np.zeros(len(points), np.int32)
    return Mesh(points.astype(np.float32), normals.astype(np.float32), mesh.paint, still, mesh.faces)
