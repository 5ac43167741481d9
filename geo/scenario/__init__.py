"""Synthetic road users on a plan, with exact trajectories: the truth that demo footage is held to.

The motion is plausible, not calibrated to any street. `description` says what moves, `simulation`
moves it, `truth` counts it and `flows` says what it amounts to per hour.
"""

from geo.scenario.description import PoleCamera, Scenario
from geo.scenario.flows import base_flows
from geo.scenario.scene import POSES, Scene
from geo.scenario.simulation import STEP_S, simulate
from geo.scenario.truth import true_counts, true_crossings, true_stays

__all__ = [
    "POSES",
    "STEP_S",
    "PoleCamera",
    "Scenario",
    "Scene",
    "base_flows",
    "simulate",
    "true_counts",
    "true_crossings",
    "true_stays",
]
