"""Fingerprints of inputs: what must change before a stage has anything to do."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import import_module
from pathlib import Path


def fingerprint(**inputs: object) -> str:
    """SHA-256 over named inputs, independent of their order."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()


@cache
def code_of(package: str) -> str:
    """SHA-256 of a package's source files, so that changed code counts as a changed input."""
    root = Path(str(import_module(package).__file__)).parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
