"""Weights: which may be loaded, and how.

A ``.pt`` file is a pickle, and a pickle can be a program. So weights are known by their SHA-256: those
Passant ships, and those an operator has allowed or named; all others are refused unread. Those are
loaded without running code from them, by an Ultralytics that can neither download, install nor
report: it reads its switches from the environment when it is imported, so they are set here, in the
one place that imports it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

# data/demo/detector.pt
SHIPPED = frozenset({"a8aeca4f4a04d305e3da14ebcbe16460dd16cade5d2d3f1024f4052b989e713a"})


class WeightsError(ValueError):
    """Weights that cannot be used; names the file, what is wrong with it and what to do."""


def digest_of(weights: Path) -> str:
    """SHA-256 of a file.

    Raises:
        WeightsError: if it is missing.
    """
    if not weights.is_file():
        raise WeightsError(f"{weights}: no such weights. Check the path given with --weights or in site.yaml.")
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_unknown(weights: Path, digest: str, allowed: Collection[str]) -> None:
    """Refuses weights that are neither shipped nor allowed.

    Args:
        weights: the file.
        digest: its SHA-256.
        allowed: SHA-256 of further weights that an operator has allowed.

    Raises:
        WeightsError: naming the digest and the fix.
    """
    if digest not in SHIPPED and digest not in allowed:
        raise WeightsError(
            f"{weights}: unknown weights, SHA-256 {digest}. A .pt file can carry a program, so only known ones are "
            f"read. If this digest is the one their maker states, run: passant allow-weights {weights}"
        )


def import_ultralytics(config_dir: Path) -> Any:  # noqa: ANN401  (ultralytics ships no types)
    """Imports Ultralytics with everything switched off that reaches outside this machine."""
    config_dir.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        "ULTRALYTICS_SAFE_LOAD": "true",
        "YOLO_CONFIG_DIR": str(config_dir.resolve()),
        "YOLO_VERBOSE": "false",
    }
    # Left alone, Ultralytics sets this to 1 and torch computes on a single core.
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    import ultralytics
    from ultralytics.nn import tasks

    # Read when Ultralytics is first imported, which may have been before it was set above.
    vars(tasks)["SAFE_LOAD"] = True
    return ultralytics
