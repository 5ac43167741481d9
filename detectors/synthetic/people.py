"""People: bodies of varied build in varied clothes, with hair, hats and bags; prams and wheelchairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.synthetic import bones
from detectors.synthetic.mesh import Mesh, Paint, Vector, ball, bar, box, column, disc, hoop, merged

Rng = np.random.Generator

_SKIN = ("#ecc9b2", "#e0b699", "#d0a184", "#b58a6c", "#8f6750", "#6b4a38", "#4a3226")
_HAIR = ("#17120f", "#2b1d14", "#4a2f1c", "#6d4a2a", "#a07a45", "#c9a868", "#8a8682", "#c9c6c2", "#5b2c1c")
_COATS = (
    "#1c1d22", "#23262e", "#2c3a52", "#3b4250", "#55585c", "#7d7f80", "#a89f8d", "#c8b99a", "#dcd8cf", "#efeeea",
    "#5a4632", "#7a5a3c", "#47503a", "#2f4a3d", "#7b1f24", "#a8322b", "#c9772b", "#d6a93a", "#34567a", "#5d86ad",
    "#8fb0c9", "#7a4a68", "#c98a96", "#22313f", "#3f3f44",
)  # fmt: skip
_TROUSERS = (
    "#15161a", "#20242d", "#2b3850", "#3a4c69", "#56708f", "#3c3c3e", "#5c5a57", "#8b8170", "#b7a78b", "#4b4233",
    "#26221f",
)  # fmt: skip
_SHOES = ("#141414", "#2a211b", "#4d3624", "#e9e7e3", "#8d8a86", "#36404f")
_BAGS = ("#17181b", "#3a2c22", "#6b4a2f", "#8f1f24", "#2d4660", "#4f5a45", "#b89b6c", "#d8d2c4")


def linear(colour: str) -> Vector:
    """A colour written as #rrggbb, in linear light."""
    red, green, blue = ((int(colour[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5))
    return red, green, blue


def tinted(colour: str, rng: Rng, spread: float = 0.12) -> Vector:
    """A colour that varies a little from one thing to the next."""
    red, green, blue = linear(colour)
    all_of, r, g, b = np.exp(rng.normal(0, [spread * 1.5, spread * 0.35, spread * 0.35, spread * 0.35]))
    return min(red * all_of * r, 0.9), min(green * all_of * g, 0.9), min(blue * all_of * b, 0.9)


def pick(colours: Sequence[str], rng: Rng) -> Paint:
    """One of several colours, varied."""
    return Paint(tinted(colours[int(rng.integers(len(colours)))], rng), 0.03)


@dataclass(frozen=True)
class Wardrobe:
    """What somebody looks like: colours, girth and cut."""

    skin: Paint
    hair: Paint
    top: Paint
    trousers: Paint
    shoes: Paint
    bag: Paint
    girth: float
    cut: str  # shirt, jacket, coat, dress or shorts
    head: str  # short, long, bun, bald, cap, hat or helmet
    carries: str  # nothing, backpack, shoulder, tote or shopping


def wardrobe(look: int, *, rides: bool = False) -> Wardrobe:
    """Clothes from a seed."""
    rng = np.random.default_rng([look, 10])
    cuts, heads = ("shirt", "jacket", "coat", "dress", "shorts"), ("short", "long", "bun", "bald", "cap", "hat")
    things = ("nothing", "backpack", "shoulder", "tote", "shopping")
    cut = "jacket" if rides and rng.random() < 0.6 else str(rng.choice(cuts, p=[0.3, 0.32, 0.13, 0.13, 0.12]))
    head = str(rng.choice(heads, p=[0.38, 0.27, 0.1, 0.06, 0.12, 0.07]))
    carries = str(rng.choice(things, p=[0.38, 0.24, 0.16, 0.1, 0.12]))
    return Wardrobe(
        skin=pick(_SKIN, rng),
        hair=pick(_HAIR, rng),
        top=pick(_COATS, rng),
        trousers=pick(_TROUSERS, rng),
        shoes=pick(_SHOES, rng),
        bag=pick(_BAGS, rng),
        girth=float(np.clip(rng.normal(1.03, 0.12), 0.82, 1.4)),
        cut="shirt" if rides and cut in ("coat", "dress") else cut,
        head="helmet" if rides and rng.random() < 0.5 else head,
        carries=("backpack" if rng.random() < 0.35 else "nothing") if rides else carries,
    )


def body(height_m: float, worn: Wardrobe) -> Mesh:
    """A dressed body on its bones."""
    return merged([*_torso(height_m, worn), *_legs(height_m, worn), *_arms(height_m, worn), *_head(height_m, worn)])


def _torso(h: float, worn: Wardrobe) -> list[Mesh]:
    g, loose = worn.girth * h, 1.12 if worn.cut in ("jacket", "coat") else 1.02
    wide = 0.5 * worn.girth * h + 0.5 * h
    hips = [(-0.07, 0.045, 0.066), (-0.045, 0.060, 0.086), (0.0, 0.066, 0.094), (0.05, 0.062, 0.088)]
    chest = [
        (-0.035, 0.064, 0.092), (0.02, 0.065, 0.092), (0.09, 0.060, 0.080), (0.15, 0.064, 0.088), (0.21, 0.066, 0.100),
        (0.26, 0.056, 0.110), (0.285, 0.044, 0.104), (0.305, 0.033, 0.066), (0.318, 0.028, 0.038),
    ]  # fmt: skip
    lower = worn.top if worn.cut == "dress" else worn.trousers
    parts = [
        column([(0, 0, z * h, x * g, y * wide) for z, x, y in hips], lower, 10).on(bones.TORSO),
        column([(0, 0, z * h, x * g * loose, y * wide * loose) for z, x, y in chest], worn.top, 10).on(bones.TORSO),
    ]
    if worn.cut in ("coat", "dress"):
        hem = -0.27 if worn.cut == "dress" else -0.2
        skirt = [(0.06, 0.066, 0.09), (-0.02, 0.074, 0.1), (-0.12, 0.084, 0.104), (hem, 0.098, 0.112)]
        parts.append(column([(0, 0, z * h, x * g, y * wide) for z, x, y in skirt], worn.top, 10).on(bones.TORSO))
    return parts + [part.on(bones.TORSO) for part in _carried(h, worn)]


def _carried(h: float, worn: Wardrobe) -> list[Mesh]:
    if worn.carries == "backpack":
        pack = [
            (0.06, 0.03, 0.06),
            (0.07, 0.055, 0.085),
            (0.18, 0.058, 0.088),
            (0.26, 0.045, 0.075),
            (0.28, 0.02, 0.05),
        ]
        return [column([(-0.105 * h, 0, z * h, x * h, y * h) for z, x, y in pack], worn.bag, 8)]
    if worn.carries == "shoulder":
        strap = bar((0.02 * h, -0.1 * h, 0.29 * h), (0.0, 0.125 * h, 0.02 * h), 0.009 * h, worn.bag)
        return [box((-0.07 * h, 0.10 * h, -0.06 * h), (0.07 * h, 0.15 * h, 0.05 * h), worn.bag), strap]
    return []


def _limb(length: float, stations: Sequence[tuple[float, float]], paint: Paint, sides: int = 7) -> Mesh:
    """A limb down its own z axis: (share of length, radius)."""
    return column([(0, 0, -share * length, radius, radius) for share, radius in stations], paint, sides)


def _legs(h: float, worn: Wardrobe) -> list[Mesh]:
    g, parts = h * (0.6 + 0.4 * worn.girth), []
    bare = worn.cut in ("dress", "shorts")
    upper = worn.trousers if worn.cut != "dress" else worn.skin
    for side in (0, 1):
        thigh = [(-0.06, 0.035 * g), (0.05, 0.05 * g), (0.4, 0.046 * g), (0.9, 0.037 * g), (1.05, 0.030 * g)]
        cuff = 0.026 if bare else 0.031
        shin = [(-0.05, 0.03 * g), (0.03, 0.035 * g), (0.3, 0.036 * g), (0.8, cuff * g), (1.0, cuff * g)]
        parts.append(_limb(bones.THIGH_SHARE * h, thigh, upper).on(bones.THIGH + side))
        parts.append(_limb(bones.SHIN_SHARE * h, shin, worn.skin if bare else worn.trousers).on(bones.SHIN + side))
        sole = -bones.FOOT_SHARE * h
        shoe = [(0.03 * h, 0, sole, 0.078 * h, 0.029 * h), (0.03 * h, 0, sole * 0.45, 0.078 * h, 0.029 * h)]
        shoe += [(0.01 * h, 0, 0.0, 0.045 * h, 0.026 * h), (0.0, 0, 0.012 * h, 0.02 * h, 0.02 * h)]
        parts.append(column(shoe, worn.shoes, 8).on(bones.FOOT + side))
    return parts


def _arms(h: float, worn: Wardrobe) -> list[Mesh]:
    g, parts = h * (0.55 + 0.45 * worn.girth) * (1.12 if worn.cut in ("jacket", "coat") else 1.0), []
    lower = worn.skin if worn.cut in ("dress", "shorts") else worn.top
    for side in (0, 1):
        upper_arm = [(-0.12, 0.02 * g), (0.0, 0.033 * g), (0.2, 0.031 * g), (0.9, 0.025 * g), (1.05, 0.02 * g)]
        forearm = [(-0.05, 0.02 * g), (0.05, 0.024 * g), (0.4, 0.023 * g), (0.9, 0.018 * g), (1.0, 0.016 * g)]
        parts.append(_limb(bones.ARM_SHARE * h, upper_arm, worn.top).on(bones.ARM + side))
        parts.append(_limb(bones.FOREARM_SHARE * h, forearm, lower).on(bones.FOREARM + side))
        hand = ball((0, 0, -(bones.FOREARM_SHARE + 0.022) * h), (0.018 * h, 0.012 * h, 0.032 * h), worn.skin, 4, 6)
        parts.append(hand.on(bones.FOREARM + side))
    if worn.carries in ("tote", "shopping"):
        end, half = -(bones.FOREARM_SHARE + 0.05) * h, 0.13 if worn.carries == "shopping" else 0.1
        bag = box((-half, -0.05, end - 0.32), (half, 0.05, end - 0.04), worn.bag)
        parts.append(bag.on(bones.FOREARM))
    return parts


def _head(h: float, worn: Wardrobe) -> list[Mesh]:
    """Neck, face and hair; the bone sits at the base of the neck."""
    face = [(0.006, 0, 0.022, 0.024, 0.022), (0.012, 0, 0.032, 0.040, 0.031), (0.012, 0, 0.06, 0.052, 0.040)]
    face += [(0.010, 0, 0.085, 0.056, 0.043), (0.006, 0, 0.11, 0.054, 0.042), (0.0, 0, 0.135, 0.036, 0.030)]
    parts = [
        column([(-0.004 * h, 0, z * h, 0.030 * h, 0.029 * h) for z in (-0.03, 0.03)], worn.skin, 7),
        column([tuple(v * h for v in row) for row in face], worn.skin, 9),
    ]
    return [part.on(bones.HEAD) for part in [*parts, *_hair(h, worn)]]


def _hair(h: float, worn: Wardrobe) -> list[Mesh]:
    cap = [(-0.014, 0, 0.06, 0.044, 0.044), (-0.012, 0, 0.085, 0.054, 0.048), (-0.004, 0, 0.112, 0.062, 0.049)]
    cap += [(-0.002, 0, 0.135, 0.050, 0.041), (-0.002, 0, 0.149, 0.022, 0.02)]
    hair = column([tuple(v * h for v in row) for row in cap], worn.hair, 9)
    dressed: dict[str, list[Mesh]] = {
        "short": [hair],
        "bald": [],
        "long": [hair, ball((-0.034 * h, 0, 0.05 * h), (0.034 * h, 0.047 * h, 0.085 * h), worn.hair)],
        "bun": [hair, ball((-0.055 * h, 0, 0.12 * h), (0.024 * h, 0.024 * h, 0.024 * h), worn.hair, 4, 6)],
    }
    if worn.head in dressed:
        return dressed[worn.head]
    cover = [(0.0, 0, 0.095, 0.064, 0.053), (0.0, 0, 0.125, 0.062, 0.051), (0.0, 0, 0.15, 0.04, 0.034)]
    crown = column([tuple(v * h * 1.03 for v in row) for row in cover], worn.bag, 9)
    brim = {"cap": (0.05, 0.04, 0.036), "hat": (0.0, 0.098, 0.09), "helmet": (0.0, 0.067, 0.056)}[worn.head]
    edge = [(brim[0] * h, 0, z * h, brim[1] * h, brim[2] * h) for z in (0.096, 0.104)]
    return [dressed["short"][0], crown, column(edge, worn.bag, 10)]


_DARK, _STEEL = Paint(linear("#1b1c1f"), 0.1), Paint(linear("#8d9196"), 0.35)


def holdall(size_m: tuple[float, float, float], look: int) -> Mesh:
    """A bag on the ground, its handles up."""
    length, width, height = (v / 2 for v in size_m)
    cloth = pick(_BAGS, np.random.default_rng([look, 5]))
    body = box((-length, -width, 0.0), (length, width, 1.5 * height), cloth)
    handles = [bar((x, 0.0, 1.5 * height), (0.0, 0.0, 2 * height), 0.02, cloth) for x in (-0.5 * length, 0.5 * length)]
    return merged([body, *handles])


def pram(look: int) -> Mesh:
    """A pram whose handle is at the origin, 1 m above ground, and whose basket is ahead."""
    cloth = pick(_BAGS, np.random.default_rng([look, 13]))
    basket = [(0.55, 0, 0.48, 0.30, 0.17), (0.55, 0, 0.55, 0.38, 0.22), (0.55, 0, 0.74, 0.42, 0.24)]
    hood = [(0.75, 0, 0.72, 0.2, 0.24), (0.74, 0, 0.88, 0.22, 0.24), (0.78, 0, 1.0, 0.12, 0.16)]
    parts = [column(basket, cloth, 10), column(hood, cloth, 10)]
    for y in (-0.24, 0.24):
        parts += [bar((0.05, y, 1.0), (0.75, y, 0.2), 0.016, _STEEL), bar((0.2, y, 0.2), (0.6, y, 0.6), 0.014, _STEEL)]
        parts += [disc((0.25, y, 0.15), 0.15, 0.05, _DARK, 10), disc((0.8, y, 0.12), 0.12, 0.05, _DARK, 10)]
    return merged([*parts, bar((0.05, -0.24, 1.0), (0.05, 0.24, 1.0), 0.018, _DARK)])


def wheelchair(look: int) -> Mesh:
    """A wheelchair with its seat at 0.5 m."""
    cloth = pick(_BAGS, np.random.default_rng([look, 14]))
    parts = [box((-0.28, -0.22, 0.44), (0.2, 0.22, 0.5), cloth), box((-0.34, -0.22, 0.46), (-0.28, 0.22, 0.95), cloth)]
    for y in (-0.29, 0.29):
        parts += [hoop((-0.12, y, 0.3), 0.3, 0.035, _DARK), disc((-0.12, y, 0.3), 0.05, 0.05, _STEEL, 8)]
        parts += [
            bar((-0.12, y, 0.02), (-0.12, y, 0.58), 0.006, _STEEL, 3),
            bar((-0.4, y, 0.3), (0.16, y, 0.3), 0.006, _STEEL, 3),
        ]
        parts += [
            disc((0.36, y * 0.7, 0.08), 0.08, 0.04, _DARK, 8),
            bar((0.2, y * 0.75, 0.48), (0.42, y * 0.6, 0.14), 0.015, _STEEL),
        ]
        parts += [bar((-0.31, y * 0.75, 0.9), (-0.44, y * 0.75, 0.95), 0.016, _DARK)]
    return merged([*parts, box((0.34, -0.16, 0.09), (0.5, 0.16, 0.11), _DARK)])
