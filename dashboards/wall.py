"""The wall: a serving process that cannot open a restricted file, or write to one, even if its code tried.

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
_REMOVE_FILE, _MAKE_FILE = 1 << 5, 1 << 8
_OPENING, _CHANGING = _READ_FILE | _WRITE_FILE, _WRITE_FILE | _REMOVE_FILE | _MAKE_FILE
# Without it the kernel refuses every move from folder to folder; known since version 2 (Linux 5.19).
_MOVE_FILE, _ASK_VERSION = 1 << 13, 1
# What belongs to a file rather than to a folder, which is all that a rule about a file may name.
_OF_FILES = _READ_FILE | _WRITE_FILE
_NO_NEW_PRIVILEGES = 38  # linux/prctl.h

_CHANGE_EVENTS = frozenset({"os.remove", "os.rename", "os.link", "os.symlink", "os.truncate"})
_PATH_EVENTS = frozenset({"open", "os.listdir", "os.scandir"}) | _CHANGE_EVENTS
_TO_CHANGE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_hooked: set[tuple[str, int]] = set()


def confine(restricted: Path) -> bool:
    """Bars this process from a folder, for good.

    Call it before any thread is started: threads that already run are not covered by the kernel.

    Args:
        restricted: the folder, which need not exist yet.

    Returns:
        Whether the kernel enforces it; where it does not, the audit hook alone does.
    """
    return _raise_wall(restricted, _OPENING)


def forbid_changes(folder: Path) -> bool:
    """Lets this process read a folder but change nothing in it, for good; otherwise as `confine`.

    Changes are allowed beneath what lies beside the folder and its ancestors now: make the folders that
    are to be written before the call.
    """
    return _raise_wall(folder, _CHANGING)


def _raise_wall(place: Path, barred: int) -> bool:
    folder = os.path.realpath(place)
    if (folder, barred) not in _hooked:
        _hooked.add((folder, barred))
        sys.addaudithook(_refuse(folder, is_readable=not barred & _READ_FILE))
    return _landlock(folder, barred)


def _refuse(folder: str, *, is_readable: bool):  # type: ignore[no-untyped-def]  # noqa: ANN202  (the hook's type is private to typeshed)
    inside = folder + os.sep
    verb = "change" if is_readable else "open"

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event not in _PATH_EVENTS or (is_readable and not _is_change(event, arguments)):
            return
        for path in arguments[:2]:
            if isinstance(path, str | bytes | os.PathLike):
                real = os.path.realpath(os.fsdecode(path))
                if real == folder or real.startswith(inside):
                    raise PermissionError(f"{real}: the dashboard must not {verb} restricted files")

    return hook


def _is_change(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & _TO_CHANGE)
    return event in _CHANGE_EVENTS


def _landlock(folder: str, barred: int) -> bool:
    """Allows files beneath everything except the folder, which is how Landlock excludes one."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    rights = barred | (_MOVE_FILE if barred & _MAKE_FILE and version >= 2 else 0)
    handled = struct.pack("Q", rights)
    ruleset = libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if ruleset < 0:
        return False
    try:
        for path in _beside(folder):
            _allow(libc, ruleset, path, rights)
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


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # gone, or not ours to open anyway
    try:
        own = rights if Path(path).is_dir() else rights & _OF_FILES
        rule = struct.pack("=Qi", own, descriptor)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)
