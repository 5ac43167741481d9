"""The statements of ``sql/``, by name."""

from __future__ import annotations

from importlib.resources import files


def statement(name: str) -> str:
    """The text of a file in ``sql/``."""
    return (files("pipelines.warehouse") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
