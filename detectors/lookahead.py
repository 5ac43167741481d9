"""Work ahead: one thread makes items, some work on them, and results come out in order.

Decoding, inference and association of a recording so overlap. No more than a few items wait at any
time, so that memory does not follow the length of the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from functools import partial
from queue import Empty, Full, Queue, SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_POLL_S = 0.1


class StalledError(TimeoutError):
    """Nothing has come for too long; says what was waited for."""


def in_order(
    items: Iterator[T], work: Callable[[T], R], workers: int, patience_s: float = 300.0
) -> Generator[tuple[T, R], None, None]:
    """Each item with the result of its work, in the order of the items; closed, it leaves no thread behind.

    Args:
        items: drawn in a thread of its own.
        work: called in as many threads as there are workers.
        workers: at least 1.
        patience_s: longest wait for one item or its result.

    Raises:
        StalledError: if nothing comes for that long. What hangs is left behind, to end with the process.
        Exception: whatever items or work raise, at the item that raised it.
    """
    waiting: Queue[tuple[T, Future[R]] | Future[None]] = Queue(maxsize=workers)
    is_over = Event()
    # One more thread than workers: it draws.
    crew = _Crew(workers + 1)

    def draw() -> None:
        for item in items:
            _offer(waiting, (item, crew.submit(partial(work, item))), is_over)
            if is_over.is_set():
                return

    crew.submit(draw).add_done_callback(lambda done: _offer(waiting, done, is_over))
    try:
        while True:
            following = _taken(waiting, patience_s)
            if isinstance(following, Future):
                following.result()
                return
            item, result = following
            yield item, _result(result, patience_s)
    except StalledError:
        crew.abandon()
        raise
    finally:
        is_over.set()
        crew.dismiss()


class _Crew:
    """Daemon threads: those of an executor are waited for when a process ends, even if they hang."""

    def __init__(self, number: int) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._threads = [Thread(target=self._serve, name=f"lookahead-{i}", daemon=True) for i in range(number)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], R]) -> Future[R]:
        future: Future[R] = Future()
        self._jobs.put((future, work))
        return future

    def abandon(self) -> None:
        """Waits for none of them any more; those that still can will end."""
        for _ in self._threads:
            self._jobs.put(None)
        self._threads = []

    def dismiss(self) -> None:
        """Lets them finish what has been submitted, and go."""
        threads = self._threads
        self.abandon()
        for thread in threads:
            thread.join()

    def _serve(self) -> None:
        while job := self._jobs.get():
            future, work = job
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)


def _offer(queue: Queue[T], item: T, is_over: Event) -> None:
    """Puts an item into a full queue when there is room, or nowhere once nobody takes any more."""
    while not is_over.is_set():
        try:
            queue.put(item, timeout=_POLL_S)
        except Full:
            continue
        return


def _taken(queue: Queue[T], patience_s: float) -> T:
    try:
        return queue.get(timeout=patience_s)
    except Empty:
        raise StalledError(f"no frame was decoded for {patience_s:g} s") from None


def _result(future: Future[R], patience_s: float) -> R:
    try:
        return future.result(timeout=patience_s)
    except TimeoutError:
        if future.done():  # the work's own
            raise
        raise StalledError(f"the detector gave no boxes for {patience_s:g} s") from None
