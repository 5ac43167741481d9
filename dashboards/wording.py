"""Numbers as people read them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Hours and minutes, or minutes and seconds under an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def count(number: int | None) -> str:
    """With thousands set apart; n/o where nothing was observed."""
    return "n/o" if number is None else f"{number:,}"
