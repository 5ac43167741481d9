"""Crowd safety: what densities mean, and the pressure that comes before a crowd loses its footing.

Thresholds are those of the literature, each with its source; the density at which flow breaks down
differs so much between studies (3.8 to 10 per m2) that none is set here. Detectors on poles saturate
at 2 to 3 people per m2: above that a measured density is a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo.level_of_service import Standard

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Threshold:
    """A density from which something holds.

    Attributes:
        applies_to: "moving", "static" or "any" crowds.
        is_verified: whether the figure was read in the source that is named.
    """

    density_per_m2: float
    meaning: str
    applies_to: Literal["any", "moving", "static"]
    source: str
    is_verified: bool


_FRUIN = "Fruin, as tabulated in EPJ Data Science (ds17, table 1)"

THRESHOLDS = (
    Threshold(0.43, "normal walking speed can no longer be kept", "moving", _FRUIN, is_verified=True),
    Threshold(2.0, "walking speed is reduced; flow is near its maximum", "moving", _FRUIN, is_verified=True),
    Threshold(
        2.0, "licensed capacity of an outdoor music event", "static", "HSG195, 0.5 m2 per person", is_verified=False
    ),
    Threshold(3.57, "involuntary contact", "moving", _FRUIN, is_verified=True),
    Threshold(4.0, "working limit of a moving crowd", "moving", "Still; Green Guide", is_verified=False),
    Threshold(4.7, "working limit of a standing crowd", "static", "Still; Green Guide", is_verified=False),
    Threshold(5.55, "dangerous forces begin", "any", _FRUIN, is_verified=True),
    Threshold(7.1, "critical for a standing crowd", "static", _FRUIN, is_verified=True),
)

# Those of a moving crowd as a standard, for grading over time; a density on a bound has reached it.
CROWD_SAFETY = Standard(
    "Fruin, crowd safety",
    "space",
    ("free", "below normal speed", "slowed", "contact", "dangerous forces"),
    tuple(1 / t.density_per_m2 for t in THRESHOLDS if t.source == _FRUIN and t.applies_to != "static"),
    (False,) * 4,
    is_verified=True,
)


def probability_reached(density_per_m2: Floats, sigma_per_m2: Floats) -> Floats:
    """Probability (n, thresholds) that a density measured with a normal error reaches each threshold.

    Above the detector's limit it is a lower bound, as the density is.
    """
    from scipy.special import ndtr

    levels = np.array([t.density_per_m2 for t in THRESHOLDS])
    spread = np.maximum(np.asarray(sigma_per_m2, float), 1e-12)
    return np.asarray(ndtr((np.asarray(density_per_m2, float)[:, None] - levels) / spread[:, None]))


def crowd_pressure(density_per_m2: Floats, velocity_m_s: Floats, sigma_m_s: Floats) -> float:
    """Crowd pressure in 1/s2: density times the variance of velocity (Helbing et al. 2007).

    The variance that errors of velocity add is taken off; a negative rest is 0.

    Args:
        density_per_m2: local density at each person (n,).
        velocity_m_s: (n, 2).
        sigma_m_s: error of each component of velocity (n,).

    Returns:
        NaN for fewer than two people.
    """
    if len(velocity_m_s) < 2:
        return float("nan")
    variance = velocity_m_s.var(axis=0, ddof=1).sum() - 2 * np.mean(np.square(sigma_m_s))
    return float(np.mean(density_per_m2) * max(variance, 0.0))
