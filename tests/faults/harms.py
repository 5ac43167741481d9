"""What is done to a run: killed at a moment, deprived of its disk or its rights, or set beside another."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests import builders
from tests.faults import boundaries

if TYPE_CHECKING:
    from tests.faults.scenes import Scene

STUCK_AFTER_S = 300.0
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1 << 1, 1 << 2

Harm = Callable[["Scene", Path], None]
"""Lets a scene be counted in a folder, and does it harm."""


def child(work: Callable[[], None]) -> int:
    """Forks a process for some work and gives its id; what it raises is printed."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def finish(pid: int, kill_after_cpu_s: float = float("inf")) -> int:
    """Waits for a process; kills it after some CPU time, or when it is stuck. Gives its wait status."""
    deadline = time.monotonic() + STUCK_AFTER_S
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status
        if cpu_s(pid) >= kill_after_cpu_s or time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def cpu_s(pid: int) -> float:
    """CPU seconds a process has used, all its threads together; by Linux's clock of another process."""
    return time.clock_gettime(~pid << 3 | 2)


def killed_at(moment: boundaries.Moment) -> Harm:
    """Dies before, within or after a write."""
    return lambda scene, root: _void(finish(child(partial(_count, scene, root, boundaries.deadly(moment)))))


def killed_after(seconds: float) -> Harm:
    """Is killed once it has used some CPU time."""
    return lambda scene, root: _void(finish(child(partial(_count, scene, root, nullcontext())), seconds))


def side_by_side() -> Harm:
    """Two processes count the same at once."""

    def harm(scene: Scene, root: Path) -> None:
        for pid in [child(partial(_count, scene, root, nullcontext())) for _ in range(2)]:
            finish(pid)

    return harm


def out_of_space(limit_bytes: int) -> Harm:
    """No file can grow beyond a limit, so that some write is cut short, in whatever library it is made."""

    def count(scene: Scene, root: Path) -> None:
        _quietly(scene, root, builders.small_disk(limit_bytes))

    return lambda scene, root: _must(finish(child(partial(count, scene, root))))


def without_rights(folder: str) -> Harm:
    """One folder of ``data`` is read-only, also to root."""

    def count(scene: Scene, root: Path) -> None:
        _give_up_overriding()
        _quietly(scene, root, nullcontext())

    def harm(scene: Scene, root: Path) -> None:
        closed = root / "data" / folder
        closed.mkdir(parents=True, exist_ok=True)
        closed.chmod(0o555)
        status = finish(child(partial(count, scene, root)))
        closed.chmod(0o755)
        _must(status)

    return harm


def _give_up_overriding() -> None:
    """Gives up this process's capability to write where permissions forbid it; capset(2), version 3."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    sets[0] &= ~(_CAP_DAC_OVERRIDE | _CAP_DAC_READ_SEARCH)
    assert libc.capset(header, sets) == 0


def _count(scene: Scene, root: Path, death: AbstractContextManager[None]) -> None:
    with death:
        scene.count(root)


def _quietly(scene: Scene, root: Path, harm: AbstractContextManager[None]) -> None:
    """Counts, and may fail only with an error that names where and that `cli.main` says in one sentence."""
    try:
        with harm:
            scene.count(root)
    except OSError as error:
        if str(root) not in str(error):
            raise
        print(f"# {type(error).__name__}: {str(error).splitlines()[0][:160]}", file=sys.stderr)


def _must(status: int) -> None:
    if status:
        raise RuntimeError(f"a run that may not write ended with {status}")


def _void(_: object) -> None:
    return None
