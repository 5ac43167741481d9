"""Columns of released tables: what each means, and those that tables share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import dataframely as dy

from detectors.road_users import ROAD_USERS
from geo.crossings import DIRECTIONS

CLASSES = [r.value for r in ROAD_USERS]
STATUSES = ("preliminary", "final")
NOTE = "What must be known about metres behind this number."


def text(description: str, values: Collection[str] | None = None, **more: Any) -> dy.String:  # noqa: ANN401
    """Text, of given values only if these are given."""
    known = list(values or ())
    check = (lambda c: c.is_in(known)) if known else None
    return dy.String(check=check, metadata={"description": description}, **more)


def number(description: str, **more: Any) -> dy.Float64:  # noqa: ANN401
    """A number that is no number of things; its unit is in the column's name."""
    return dy.Float64(metadata={"description": description}, **more)


def whole(description: str, **more: Any) -> dy.Int64:  # noqa: ANN401
    """A number of things: whole, and never below 0."""
    return dy.Int64(metadata={"description": description}, **{"min": 0, **more})


def small(description: str, **more: Any) -> dy.Int32:  # noqa: ANN401
    """A whole number that is no number of things: a rank, an edge."""
    return dy.Int32(metadata={"description": description}, **more)


def flag(description: str, **more: Any) -> dy.Bool:  # noqa: ANN401
    """True or false."""
    return dy.Bool(metadata={"description": description}, **more)


def day(description: str, **more: Any) -> dy.Date:  # noqa: ANN401
    """A day of the calendar."""
    return dy.Date(metadata={"description": description}, **more)


def time_utc(description: str, **more: Any) -> dy.Datetime:  # noqa: ANN401
    """A moment, UTC."""
    return dy.Datetime(time_unit="us", time_zone="UTC", metadata={"description": description}, **more)


def time_local(description: str = "The same in the site's local time.", **more: Any) -> dy.Datetime:  # noqa: ANN401
    """A moment as clocks at the site show it."""
    return dy.Datetime(time_unit="us", metadata={"description": description}, **more)


def start_utc(interval: str = "quarter-hour") -> dy.Datetime:
    """Start of the interval that a row is about."""
    return time_utc(f"Start of the {interval}, UTC.", primary_key=True)


def site() -> dy.String:
    """Part of the key."""
    return text("The site.", primary_key=True)


def camera(**more: Any) -> dy.String:  # noqa: ANN401
    """The camera that saw it."""
    return text("The camera.", **more)


def line() -> dy.String:
    """Part of the key."""
    return text("The counting line; see counting_lines.", primary_key=True)


def direction() -> dy.String:
    """Part of the key."""
    return text("forward or backward, as in flow_counts.", DIRECTIONS, primary_key=True)


def road_user(description: str = "Class of road user, by vote over its track.", **more: Any) -> dy.String:  # noqa: ANN401
    """Part of the key, if nothing else is said."""
    return text(description, CLASSES, **{"primary_key": True, **more})


def coverage(interval: str = "quarter-hour", happened: str = "that was observed") -> dy.Float64:
    """How much of the interval a row rests on."""
    return number(f"Share of the {interval} {happened}, 0 to 1.", min=0, max=1.000001)


def status() -> dy.String:
    """Whether the numbers of a row may still change as usual."""
    return text("preliminary: its month may still change as usual. final: changes are revisions.", STATUSES)


def revision() -> dy.Int32:
    """How often they have changed."""
    described = "How often its recordings have been loaded with changes. Empty: not observed."
    return small(described, nullable=True, min=1)


def detector() -> dy.String:
    """The model that saw what was counted."""
    return text("Detector, picture size, precision and device. Empty: not observed.", nullable=True)


def site_version() -> dy.String:
    """The lines, zones and calibrations it was measured by."""
    return text("Version of the site's files it was measured with. Empty: not observed.", nullable=True)


def note(description: str = NOTE) -> dy.String:
    """What a reader of metres must know."""
    return text(description, nullable=True)


def is_simulated(description: str = "Whether the footage was rendered and not filmed.") -> dy.Bool:
    """Whether it ever happened."""
    return flag(description)
