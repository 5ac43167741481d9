"""What is wrong with a field that somebody wrote, in one voice for every file of a site."""

from __future__ import annotations

from pydantic import ValidationError


def first_error(error: ValidationError) -> str:
    """The first field that is not as it must be, and the reason, without the library's words around it."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the whole file"
    reason = "missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
    return f"{field}: {reason}"
