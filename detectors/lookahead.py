"""Work ahead: one thread makes items, some work on them, and results come out in order.

Decoding, inference and association of a recording so overlap. No more than a few items wait at any
time, so that memory does not follow the length of the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Full, Queue
from threading import Event
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_POLL_S = 0.1


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
        TimeoutError: if nothing comes for that long.
        Exception: whatever items or work raise, at the item that raised it.
    """
    waiting: Queue[tuple[T, Future[R]] | Future[None]] = Queue(maxsize=workers)
    is_over = Event()

    def draw() -> None:
        for item in items:
            _offer(waiting, (item, pool.submit(work, item)), is_over)
            if is_over.is_set():
                return

    # One more thread than workers: it draws.
    with ThreadPoolExecutor(workers + 1, thread_name_prefix="lookahead") as pool:
        drawing = pool.submit(draw)
        drawing.add_done_callback(lambda done: _offer(waiting, done, is_over))
        try:
            while True:
                following = _taken(waiting, patience_s)
                if isinstance(following, Future):
                    following.result()
                    return
                item, result = following
                yield item, result.result(timeout=patience_s)
        finally:
            is_over.set()


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
        raise TimeoutError(f"no frame was decoded for {patience_s:.0f} s. Start again; what is done stays.") from None
