"""The wall: a serving process that cannot open a restricted file, even if its code tried.

On Linux the kernel enforces it (Landlock, since 5.13) for the process and everything it starts,
whatever library does the opening. Everywhere, an audit hook refuses what Python itself opens. Both
hold until the process ends; neither can be switched off from inside.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

# linux/landlock.h; the system call numbers are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE = 1 << 1, 1 << 2
_NO_NEW_PRIVILEGES = 38  # linux/prctl.h

_PATH_EVENTS = frozenset({"open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.link", "os.symlink"})

_hooked: set[str] = set()


def confine(restricted: Path) -> bool:
    """Bars this process from a folder, for good.

    Call it before any thread is started: threads that already run are not covered by the kernel.

    Args:
        restricted: the folder, which need not exist yet.

    Returns:
        Whether the kernel enforces it; where it does not, the audit hook alone does.
    """
    folder = os.path.realpath(restricted)
    if folder not in _hooked:
        _hooked.add(folder)
        sys.addaudithook(_refuse(folder))
    return _landlock(folder)


def _refuse(folder: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  (the hook's type is private to typeshed)
    inside = folder + os.sep

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in _PATH_EVENTS:
            return
        for path in arguments[:2]:
            if isinstance(path, str | bytes | os.PathLike):
                real = os.path.realpath(os.fsdecode(path))
                if real == folder or real.startswith(inside):
                    raise PermissionError(f"{real}: the dashboard must not open restricted files")

    return hook


def _landlock(folder: str) -> bool:
    """Allows files beneath everything except the folder, which is how Landlock excludes one."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    handled = struct.pack("Q", _READ_FILE | _WRITE_FILE)
    ruleset = libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if ruleset < 0:
        return False
    try:
        for path in _beside(folder):
            _allow(libc, ruleset, path)
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _beside(folder: str) -> Iterator[str]:
    """Every entry of the folder's ancestors that does not lead to it; links count by their target."""
    parts = Path(folder).parts
    for depth, name in enumerate(parts[1:], start=1):
        parent = Path(*parts[:depth])
        if not parent.is_dir():
            return
        for entry in os.scandir(parent):
            if entry.name != name and not entry.is_symlink():
                yield entry.path


def _allow(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # gone, or not ours to open anyway
    try:
        rule = struct.pack("=Qi", _READ_FILE | _WRITE_FILE, descriptor)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
