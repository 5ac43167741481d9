"""From a road user to a posed mesh in the world; what does not move within a body is built once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from detectors.synthetic import bones, cycles, people, vehicles
from detectors.synthetic.mesh import Mesh, merged
from detectors.synthetic.raster import Grid, Numbers, compiled
from detectors.synthetic.scene import FIGURES, Actor

Pose = Callable[[Actor], bones.Bones]
_SEATED_SHARE = 0.77  # of standing height, on a wheelchair
_RIDERS = {"cyclist": 1.75, "cargo_bike": 1.75, "scooter": 1.82, "motorcyclist": 1.6}  # usual height of the whole


@dataclass(frozen=True)
class Placed:
    """A posed mesh in world metres: points and normals (n, 3), and the mesh they belong to."""

    points: Grid
    normals: Grid
    mesh: Mesh

    def as_mesh(self, points: Grid | None = None) -> Mesh:
        """The posed mesh, at other points if they are given."""
        return Mesh(
            self.points if points is None else points, self.normals, self.mesh.paint, self.mesh.bones, self.mesh.faces
        )


def place(actor: Actor) -> Placed:
    """Builds, poses and places a road user."""
    mesh = _mesh(
        actor.figure, actor.look, _size(actor), tuple(round(j[3], 2) for j in actor.joints), actor.pose == "sitting"
    )
    pose = _sections(actor) if actor.joints else _in_world(actor, _POSES[actor.figure](actor))
    return Placed(*_skinned(mesh.points, mesh.normals, mesh.bones, pose.astype(np.float32)), mesh)


@compiled
def _skinned(points: Grid, normals: Grid, owners: Numbers, pose: Grid) -> tuple[Grid, Grid]:
    """Points and normals (n, 3), each moved by its bone of the pose (bones, 3, 4)."""
    out_points, out_normals = np.empty_like(points), np.empty_like(normals)
    for i in range(points.shape[0]):
        m = pose[owners[i]]
        for r in range(3):
            a, b, c = m[r, 0], m[r, 1], m[r, 2]
            out_points[i, r] = a * points[i, 0] + b * points[i, 1] + c * points[i, 2] + m[r, 3]
            out_normals[i, r] = a * normals[i, 0] + b * normals[i, 1] + c * normals[i, 2]
    return out_points, out_normals


def _in_world(actor: Actor, pose: bones.Bones) -> bones.Bones:
    c, s = np.cos(actor.heading_rad), np.sin(actor.heading_rad)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    world = turn @ pose
    world[:, 0, 3] += actor.x_m
    world[:, 1, 3] += actor.y_m
    return world


def _sections(actor: Actor) -> bones.Bones:
    world = bones.rest(len(actor.joints))
    for i, (x, y, heading, _) in enumerate(actor.joints):
        c, s = np.cos(heading), np.sin(heading)
        world[i] = [[c, -s, 0, x], [s, c, 0, y], [0, 0, 1, 0]]
    return world


def _size(actor: Actor) -> tuple[float, float, float]:
    return round(actor.length_m, 2), round(actor.width_m, 2), round(actor.height_m, 2)


def standing_height(figure: str, height_m: float, *, is_sitting: bool) -> float:
    """Height of the person in metres: that of the seated is given as they sit, that of riders with their seat."""
    if figure in _RIDERS:
        return 1.74 * min(max(height_m / _RIDERS[figure], 0.9), 1.1)
    if figure == "wheelchair" or (is_sitting and height_m < _SEATED_SHARE * 1.9 and figure != "child"):
        height_m /= _SEATED_SHARE
    return min(max(height_m, 0.8), 2.05)


def _height(actor: Actor) -> float:
    return standing_height(actor.figure, round(actor.height_m, 2), is_sitting=actor.pose == "sitting")


@lru_cache(maxsize=4096)
def _mesh(
    figure: str, look: int, size: tuple[float, float, float], sections: tuple[float, ...], is_sitting: bool
) -> Mesh:
    if figure in ("hatchback", "saloon", "estate", "van"):
        return vehicles.car(figure, size, look)
    if figure == "bus":
        return vehicles.bus(size, look)
    if figure == "lorry":
        return vehicles.lorry(size, look)
    if figure == "bag":
        return people.holdall(size, look)
    if figure == "tram":
        lengths = sections or (size[0],)
        return merged(
            vehicles.tram_section(i, len(lengths), length, size[1], size[2], look).on(i)
            for i, length in enumerate(lengths)
        )
    return _person(figure, look, size[2], is_sitting)


def _person(figure: str, look: int, height: float, is_sitting: bool) -> Mesh:
    rides = figure in _RIDERS
    height = standing_height(figure, height, is_sitting=is_sitting)
    worn = people.wardrobe(look, rides=rides)
    body = people.body(height, _for_sitting(worn) if is_sitting or figure == "wheelchair" else worn)
    things = {
        "pram": people.pram, "wheelchair": people.wheelchair, "cyclist": cycles.bicycle,
        "cargo_bike": cycles.cargo_bicycle, "scooter": cycles.kick_scooter, "motorcyclist": cycles.motorcycle,
    }  # fmt: skip
    if figure not in things:
        return body
    thing = things[figure](look)
    return merged([body, thing.on(bones.THING) if figure in ("pram", "wheelchair") else thing])


def _for_sitting(worn: people.Wardrobe) -> people.Wardrobe:
    return replace(worn, cut="jacket" if worn.cut in ("coat", "dress") else worn.cut, carries="nothing")


def _on_foot(actor: Actor) -> bones.Bones:
    if actor.pose == "sitting":
        return bones.seated(_height(actor), 0.45, actor.look)
    if actor.pose == "standing" or actor.speed_m_s < 0.15:
        return bones.standing(_height(actor), actor.look)
    return bones.walking(_height(actor), actor.distance_m, actor.speed_m_s)


def _pushing(actor: Actor) -> bones.Bones:
    height = _height(actor)
    pose = bones.walking(height, actor.distance_m, max(actor.speed_m_s, 0.0) if actor.speed_m_s > 0.15 else 0.0)
    pose[bones.THING] = bones.pitched((0.3, 0, 0), 0.0)
    for side in (0, 1):
        bones.set_arm(pose, side, np.array([0.36, 0.2 * (1 - 2 * side), 1.0]), height)
    pose[:, 0, 3] -= actor.length_m / 2 - 0.2
    return pose


def _rolling(actor: Actor) -> bones.Bones:
    return bones.seated(_height(actor), 0.5, actor.look, feet=(0.32, 0.12))


def _rigid(_: Actor) -> bones.Bones:
    return bones.rest(1)


_POSES: dict[str, Pose] = {
    "adult": _on_foot,
    "child": _on_foot,
    "pram": _pushing,
    "wheelchair": _rolling,
    "cyclist": lambda a: cycles.riding(_height(a), a.distance_m, a.speed_m_s),
    "cargo_bike": lambda a: cycles.riding(_height(a), a.distance_m, a.speed_m_s, back_m=-0.42),
    "scooter": lambda a: cycles.scooting(_height(a), a.speed_m_s),
    "motorcyclist": lambda a: cycles.astride(_height(a)),
    **dict.fromkeys(FIGURES[8:], _rigid),
}
