"""How many cores a process may use."""

from __future__ import annotations

import os


def cores() -> int:
    """Those it is held to, and no more than OMP_NUM_THREADS asks for: beside others on a machine it has a share."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(there, int(asked)) if asked.isdecimal() and int(asked) else there
