"""Shows how far a long stage has come: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

_LINE_EVERY_S = 15.0

ShowProgress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Given what is worked on and the expected frames, as `frame_progress`."""


@contextmanager
def frame_progress(
    title: str, total: int, say: Callable[[str], None] | None = None, *, unit: str = "frames"
) -> Iterator[Callable[[int], None]]:
    """Yields a function to be told the number of frames done.

    Args:
        title: what is being worked on.
        total: expected frames.
        say: takes a line of text where there is no terminal; None prints to standard error.
        unit: what is counted, if not frames.
    """
    if sys.stderr.isatty():
        with _bar(title, total, unit) as update:
            yield update
    else:
        yield _lines(title, total, unit, say or (lambda text: print(text, file=sys.stderr, flush=True)))  # noqa: T201


@contextmanager
def _bar(title: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{unit}, {{task.fields[rate]:.1f}} {unit}/s,"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
    )
    began = time.perf_counter()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total, rate=0.0)
        yield lambda done: progress.update(task, completed=done, rate=done / max(time.perf_counter() - began, 1e-9))


def _lines(title: str, total: int, unit: str, say: Callable[[str], None]) -> Callable[[int], None]:
    began = last = time.perf_counter()

    def update(done: int) -> None:
        nonlocal last
        now = time.perf_counter()
        if now - last >= _LINE_EVERY_S or done >= total:
            last = now
            rate = done / max(now - began, 1e-9)
            left = f"{max(total - done, 0) / rate:.0f} s left" if done else "waiting for the first"
            say(f"{title}: {done}/{total} {unit}, {rate:.1f} {unit}/s, {left}")

    return update
