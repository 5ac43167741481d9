"""Level of service: a letter for crowding, always beside the name of the standard that gives it.

The same place has different letters by different standards, and a letter near a boundary turns on
few people missed. So each letter carries its probability, from the error of the density and from how
many people the detector finds, and grading stops where boxes in a picture can no longer be told
apart: beyond that density a count says "at least".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SQUARE_FOOT_M2 = 0.09290304
FOOT_M = 0.3048
# Boxes of people seen obliquely from a pole merge from about 2 to 3 people per m2 on.
DETECTOR_LIMIT_PER_M2 = 2.0

# Points at which a Beta distribution is represented: the middles of so many equal shares.
_SHARES = 48


@dataclass(frozen=True)
class Standard:
    """Letters of one standard, from best to worst.

    Attributes:
        name: what must stand beside the letter.
        quantity: "space" (m2 per person, more is better) or "flow" (people per minute and metre of
            width, less is better).
        bounds: between each letter and the next, in the quantity's unit.
        is_better: for each bound, whether a value exactly on it has the better letter.
        is_verified: whether the bounds were read in the standard or a source that quotes it.
    """

    name: str
    quantity: Literal["space", "flow"]
    letters: tuple[str, ...]
    bounds: tuple[float, ...]
    is_better: tuple[bool, ...]
    is_verified: bool

    def __post_init__(self) -> None:
        if not len(self.letters) - 1 == len(self.bounds) == len(self.is_better):
            raise ValueError(f"{self.name}: {len(self.letters)} letters need one bound fewer.")

    def grade(self, value: ArrayLike) -> NDArray[np.str_]:
        """Letters of spaces or flows (any shape); an empty place (infinite space, no flow) has the best."""
        worse = self._severity(np.asarray(value, float))[..., None]
        bounds = self._severity(np.array(self.bounds))
        passed = (worse > bounds) | ((worse == bounds) & ~np.array(self.is_better))
        return np.asarray(np.array(self.letters)[passed.sum(axis=-1)])

    def grade_density(self, density_per_m2: ArrayLike) -> NDArray[np.str_]:
        """Letters of densities; only of a standard of space."""
        self._require("space")
        with np.errstate(divide="ignore"):
            return self.grade(1 / np.asarray(density_per_m2, float))

    def crowding_bounds(self) -> Floats:
        """Where the letter changes, rising: densities (1/m2) by a standard of space, else flows."""
        bounds = np.array(self.bounds)
        return 1 / bounds if self.quantity == "space" else bounds

    def _severity(self, value: Floats) -> Floats:
        return -value if self.quantity == "space" else value

    def _require(self, quantity: str) -> None:
        if self.quantity != quantity:
            raise ValueError(f"{self.name} grades {self.quantity}, not {quantity}. Choose another standard.")


def _space(name: str, square_feet: tuple[float, ...], is_better: str, *, is_verified: bool) -> Standard:
    bounds = tuple(b * SQUARE_FOOT_M2 for b in square_feet)
    return Standard(name, "space", tuple("ABCDEF"), bounds, tuple(c == "+" for c in is_better), is_verified)


def _flow(name: str, per_foot: tuple[float, ...], *, is_verified: bool) -> Standard:
    bounds = tuple(b / FOOT_M for b in per_foot)
    return Standard(name, "flow", tuple("ABCDEF"), bounds, (True,) * len(bounds), is_verified)


# A plus marks a bound whose exact value has the better letter: Fruin writes "A: 35 or more, F: 5 or
# less", HCM "A: more than 60, F: 8 or less".
FRUIN_WALKWAY = _space("Fruin 1971, walkway", (35, 25, 15, 10, 5), "++++-", is_verified=True)
FRUIN_STAIRS = _space("Fruin 1971, stairs", (20, 15, 10, 7, 4), "++++-", is_verified=True)
FRUIN_QUEUE = _space("Fruin 1971, queue", (13, 10, 7, 3, 2), "++++-", is_verified=True)
HCM_WALKWAY = _space("HCM 2000, walkway, average flow", (60, 40, 24, 15, 8), "-----", is_verified=False)
HCM_PLATOON = _space("HCM 2000, walkway, platoon-adjusted", (530, 90, 40, 23, 11), "-----", is_verified=False)
HCM_QUEUE = _space("HCM 2000, queue", (13, 10, 6, 3, 2), "-----", is_verified=False)
# A jam has a low flow too: letters of flow hold only as long as people walk.
FRUIN_WALKWAY_FLOW = _flow("Fruin 1971, walkway flow", (7, 10, 15, 20, 25), is_verified=True)
HCM_WALKWAY_FLOW = _flow("HCM 2000, walkway flow", (5, 7, 10, 15, 23), is_verified=False)
TFL_COMFORT = Standard(
    "TfL Pedestrian Comfort Level, clear footway",
    "flow",
    ("A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D", "E"),
    (3, 6, 9, 12, 15, 18, 21, 24, 27, 35),
    (*(False,) * 9, True),
    is_verified=False,
)
STANDARDS = (
    FRUIN_WALKWAY,
    FRUIN_STAIRS,
    FRUIN_QUEUE,
    FRUIN_WALKWAY_FLOW,
    HCM_WALKWAY,
    HCM_PLATOON,
    HCM_QUEUE,
    HCM_WALKWAY_FLOW,
    TFL_COMFORT,
)


@dataclass(frozen=True)
class DetectionRecord:
    """How a detector did on hand-counted people: found, missed, and seen where nobody was."""

    found: int
    missed: int
    phantom: int = 0

    def factors(self) -> tuple[Floats, Floats]:
        """True people per counted one, and the recall behind each, at equally likely points.

        Recall is Beta(found + 1, missed + 1), precision Beta(found + 1, phantom + 1); the factor is
        precision over recall.
        """
        from scipy.stats import beta

        middles = (np.arange(_SHARES) + 0.5) / _SHARES
        recall = beta.ppf(middles, self.found + 1, self.missed + 1)
        precision = beta.ppf(middles, self.found + 1, self.phantom + 1) if self.phantom else np.ones(1)
        return np.divide.outer(precision, recall).ravel(), np.broadcast_to(recall, (len(precision), _SHARES)).ravel()


@dataclass(frozen=True)
class Grade:
    """A letter and how sure it is.

    Attributes:
        standard: name of the standard.
        letter: the most probable letter; where grading has stopped, the best one still possible.
        probability: of each letter of the standard, by letter; empty where grading has stopped.
        is_at_least: whether the density is beyond the detector's limit, so that the true letter is
            this or a worse one.
    """

    standard: str
    letter: str
    probability: dict[str, float]
    is_at_least: bool

    def __str__(self) -> str:
        if self.is_at_least:
            return f"{self.letter} or worse ({self.standard}; at least {DETECTOR_LIMIT_PER_M2:g} people per m2)"
        return f"{self.letter}, {self.probability[self.letter]:.0%} ({self.standard})"


def letter_probabilities(
    crowding: Floats,
    sigma: Floats,
    standard: Standard,
    *,
    detection: DetectionRecord | None = None,
    people: Floats | None = None,
) -> Floats:
    """Probability of each letter given a measured density or flow.

    The true one is the measured one times precision over recall, with a normal error. Where the
    number of people behind it is given, the chance which of them were missed adds
    k^2 (1 - recall) / people to the variance of k.

    Args:
        crowding: density in 1/m2 for a standard of space, flow in 1/(min m) for one of flow (n,).
        sigma: standard deviation of the measured value, in its unit (n,).
        standard: any.
        detection: hand counts of the detector, or None to take every person as found.
        people: different people behind each value (n,), or None.

    Returns:
        (n, letters); each row sums to 1.
    """
    from scipy.special import ndtr

    factor, recall = detection.factors() if detection else (np.ones(1), np.ones(1))
    value = np.multiply.outer(np.asarray(crowding, float), factor)
    variance = np.multiply.outer(np.asarray(sigma, float), factor) ** 2
    if people is not None:
        variance += value**2 * (1 - recall) / np.maximum(np.asarray(people, float), 1)[:, None]
    spread = np.sqrt(np.maximum(variance, 1e-24))
    below = ndtr((standard.crowding_bounds() - value[..., None]) / spread[..., None]).mean(axis=1)
    edges = np.concatenate([np.zeros((len(below), 1)), below, np.ones((len(below), 1))], axis=1)
    return np.asarray(np.diff(edges, axis=1))


def grade_density(
    density_per_m2: Floats,
    sigma_per_m2: Floats,
    standard: Standard,
    *,
    detection: DetectionRecord | None = None,
    people: Floats | None = None,
) -> list[Grade]:
    """Grades measured densities; see `letter_probabilities`.

    From `DETECTOR_LIMIT_PER_M2` on there is no probability: a saturated detector must not turn a
    crowd that grows into a letter that improves.
    """
    density = np.asarray(density_per_m2, float)
    chances = letter_probabilities(density, sigma_per_m2, standard, detection=detection, people=people)
    floor = str(standard.grade_density(DETECTOR_LIMIT_PER_M2))
    return [
        Grade(standard.name, floor, {}, is_at_least=True) if k >= DETECTOR_LIMIT_PER_M2 else _likeliest(standard, row)
        for k, row in zip(density.tolist(), chances.tolist(), strict=True)
    ]


def _likeliest(standard: Standard, chances: Iterable[float]) -> Grade:
    probability = dict(zip(standard.letters, chances, strict=True))
    return Grade(standard.name, max(probability, key=probability.__getitem__), probability, is_at_least=False)
