"""Every moment at which a run makes bytes durable, and a death at any one of them.

The moments are found by standing in for the calls that the pipeline makes to the system: nothing in
the product knows of them. DuckDB writes from its own code; of it the beginning and the end of a
transaction and the closing of the file are seen, and random kills hit what lies between.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any
from unittest import mock

import duckdb

_CALLS = ("replace", "fsync", "unlink", "rmdir", "ftruncate", "write")
_STATEMENTS = ("BEGIN", "COMMIT")

Moment = tuple[int, str]
"""Number of a boundary and whether death comes before it, within it or after it."""

Meet = Callable[[str, Callable[[], Any], Callable[[], object]], Any]
"""Given the name of a boundary, the call itself and a call that stops half-way, does the first."""


def die() -> None:
    """Ends this process as a crash would: no handler runs and nothing is flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def met(meet: Meet) -> Iterator[None]:
    """Lets every boundary pass through ``meet``."""
    with mock.patch.multiple(os, **{name: _watched(name, meet) for name in _CALLS}), _database_watched(meet):
        yield


def _watched(name: str, meet: Meet) -> Callable[..., Any]:
    original = getattr(os, name)

    def half(*arguments: Any) -> object:
        return original(arguments[0], arguments[1][: len(arguments[1]) // 2]) if name == "write" else None

    def call(*arguments: Any, **named: Any) -> Any:
        return meet(name, lambda: original(*arguments, **named), lambda: half(*arguments))

    return call


@contextmanager
def _database_watched(meet: Meet) -> Iterator[None]:
    original = duckdb.connect
    with mock.patch.object(duckdb, "connect", lambda *a, **named: _Connection(original(*a, **named), meet)):
        yield


class _Connection:
    """A DuckDB connection whose transactions are seen."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, meet: Meet) -> None:
        self._connection, self._meet = connection, meet

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: Any) -> Any:
        def call() -> Any:
            return self._connection.execute(statement, *values)

        return self._meet(statement.lower(), call, lambda: None) if statement in _STATEMENTS else call()

    def close(self) -> None:
        self._meet("close", self._connection.close, lambda: None)


@contextmanager
def listed(seen: list[str]) -> Iterator[None]:
    """Writes the names of all boundaries down, in order."""

    def meet(name: str, call: Callable[[], Any], _half: Callable[[], object]) -> Any:
        seen.append(name)
        return call()

    with met(meet):
        yield


def moments(seen: Sequence[str]) -> list[Moment]:
    """When to die, given the names of all boundaries: before each, within each write, and just after each."""
    phases = {name: ("before", "within", "after") if name == "write" else ("before", "after") for name in seen}
    return [(number, phase) for number, name in enumerate(seen) for phase in phases[name]]


@contextmanager
def deadly(moment: Moment) -> Iterator[None]:
    """Dies at a moment."""
    passed = count()

    def meet(_name: str, call: Callable[[], Any], half: Callable[[], object]) -> Any:
        if next(passed) != moment[0]:
            return call()
        try:
            return {"before": lambda: None, "within": half, "after": call}[moment[1]]()
        finally:
            die()

    with met(meet):
        yield
