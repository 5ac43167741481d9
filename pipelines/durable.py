"""Files that are there whole or not at all, and folders that one process has to itself.

A process may be killed at any moment. What it had finished stays, what it had begun is removed by the
next one that writes there, and what it held is let go of by the system.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_PATIENCE_S = 60.0


class BusyError(TimeoutError):
    """Another process worked in the same folder for too long."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path that takes the place of ``path`` when the block ends well, and is gone otherwise."""
    with replacing_all() as stand_in:
        yield stand_in(path)


@contextmanager
def replacing_all() -> Iterator[Callable[[Path], Path]]:
    """Gives temporary paths for any number of files, which take their places in order when the block ends well.

    All of them are on disk before the first takes its place; writing many waits for the disk once. What
    a killed process has left in their folders is removed.
    """
    temporary: dict[Path, Path] = {}
    folders: set[Path] = set()
    with ExitStack() as held:

        def stand_in(path: Path) -> Path:
            if path not in temporary:
                if path.parent not in folders:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    _sweep(path.parent)
                    folders.add(path.parent)
                temporary[path] = held.enter_context(_reserved(path))
            return temporary[path]

        yield stand_in
        for written in temporary.values():
            with written.open("rb") as file:
                os.fsync(file.fileno())
        for path, written in temporary.items():
            written.replace(path)
        for folder in folders:
            sync_folder(folder)


@contextmanager
def replacing_in_batches(at_once: int = 256) -> Iterator[Callable[[Path], Path]]:
    """As `replacing_all` for files that mean something each by itself, some of which take their places before others.

    Every temporary file is open while it is written, and a process may not have many thousand open.
    """
    with ExitStack() as held:
        given, batch = 0, held.enter_context(replacing_all())

        def stand_in(path: Path) -> Path:
            nonlocal given, batch
            if given == at_once:
                held.close()
                given, batch = 0, held.enter_context(replacing_all())
            given += 1
            return batch(path)

        yield stand_in


@contextmanager
def _reserved(path: Path) -> Iterator[Path]:
    """An empty temporary file beside a path, locked while this process lives, and gone afterwards."""
    while True:
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
        with temporary.open("xb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not temporary.exists():  # swept between its making and its locking
                continue
            try:
                yield temporary
            except OSError as error:
                if error.errno and not error.filename:  # a full disk does not say where
                    error.filename = str(path)
                raise
            finally:
                temporary.unlink(missing_ok=True)
            return


def _sweep(folder: Path) -> None:
    """Removes temporary files that no living process has locked."""
    for left in folder.glob(".*.tmp"):
        try:
            with left.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink(missing_ok=True)
        except (BlockingIOError, FileNotFoundError):
            continue


@contextmanager
def alone_in(folder: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Holds a folder against other processes that want it alone; a killed process lets go of it.

    Raises:
        BusyError: if another process holds it for too long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    deadline, descriptor = time.monotonic() + patience_s, os.open(folder, os.O_RDONLY)
    try:
        _wait_for(descriptor, folder, deadline, patience_s)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def alone_on(path: Path, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Holds the making of one file against other processes; a killed process lets go of it.

    Raises:
        BusyError: if another process holds it for too long.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock, deadline = path.with_name(f".{path.name}.lock.tmp"), time.monotonic() + patience_s
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _wait_for(descriptor, path, deadline, patience_s)
            if _is_at(lock, descriptor):  # else its holder before has removed it
                try:
                    yield
                finally:
                    lock.unlink(missing_ok=True)
                return
        finally:
            os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _wait_for(descriptor: int, path: Path, deadline: float, patience_s: float) -> None:
    while not _locks(descriptor):
        if time.monotonic() > deadline:
            raise BusyError(f"{path}: held by another run for {patience_s:.0f} s. Wait for that run to end.")
        time.sleep(0.05)


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Waits until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
