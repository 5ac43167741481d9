"""The weights an operator has allowed, beside those Passant ships: data/allowed_weights.sha256.

One line each as ``sha256sum`` writes them, so that the list can be read, checked and kept with the sites.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from detectors.weights import WeightsError, digest_of
from pipelines.audit import AuditLog
from pipelines.durable import replacing
from pipelines.settings import Settings
from pipelines.stages.report import StageReport

_LINE = re.compile(r"([0-9a-f]{64})  \S.*")


def allowed_weights(settings: Settings) -> frozenset[str]:
    """SHA-256 of the weights on the list.

    Raises:
        WeightsError: if a line of it is none of ``sha256sum``.
    """
    path = settings.allowed_weights
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return frozenset(_digest(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def allow_weights(weights: Path, settings: Settings, audit: AuditLog) -> StageReport:
    """Puts weights on the list, for sites to name; their file is not opened as a model.

    Raises:
        WeightsError: if there is no such file, or the list is malformed.
    """
    began, digest = time.perf_counter(), digest_of(weights)
    known, path = allowed_weights(settings), settings.allowed_weights
    if digest not in known:
        audit.append("weights", path=str(weights), sha256=digest, allowed="for sites to name")
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        with replacing(path) as whole:
            whole.write_text(f"{before}{digest}  {weights.name}\n", encoding="utf-8")
    return StageReport("weights", 1, path, digest, time.perf_counter() - began, digest in known)


def _digest(path: Path, number: int, line: str) -> str:
    match = _LINE.fullmatch(line)
    if match is None:
        raise WeightsError(f"{path}: line {number}: not 64 hexadecimal digits, two spaces and a name. Remove it.")
    return match.group(1)
