"""What has been found out about files that are still the same, so that to find nothing to do costs a look at each.

A file is the same while its size, its inode and its times of modification and of change are: writing to it or
putting another in its place changes at least one. Disks that rot do not, so all of it can be forgotten
(``forget``), and deleting it costs time only.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from pipelines.durable import replacing
from pipelines.settings import Settings

T = TypeVar("T")

Signs = list[tuple[int, int, int, int] | None]
Found = tuple[str, Signs, Signs, T]
"""Inputs, signs of the files that were read and of those that were written, and what was found."""


@dataclass
class Unchanged(Generic[T]):
    """What is known from earlier runs, by name, and what will be known by the next one."""

    known: dict[str, Found[T]]
    seen: dict[str, Found[T]] = field(default_factory=dict)

    def recall(
        self,
        name: str,
        find: Callable[[], T],
        *,
        inputs: str = "",
        reads: Iterable[Path] = (),
        writes: Sequence[Path] = (),
        lasts: Callable[[T], bool] = lambda _: True,
    ) -> tuple[T, bool]:
        """What was found earlier, if all it rests on is the same, else what is found now.

        Args:
            name: what it is about.
            find: finds it.
            inputs: fingerprint of what it rests on besides files.
            reads: the files it is found from; they may be missing, as long as they still are.
            writes: the files that finding it leaves.
            lasts: whether it may be known to the next run.

        Returns:
            It, and whether it was known.
        """
        read = [_sign(path) for path in reads]  # before the look, so that what changes meanwhile is seen next time
        earlier = self.known.get(name)
        if earlier and earlier[:3] == (inputs, read, [_sign(path) for path in writes]):
            self.seen[name] = earlier
            return earlier[3], True
        found = find()
        if lasts(found):
            self.seen[name] = inputs, read, [_sign(path) for path in writes], found
        return found, False


@contextmanager
def unchanged(path: Path, kind: type[T], state: str) -> Iterator[Unchanged[T]]:
    """Opens what a file tells of earlier runs; writes what is known then when the block ends well.

    Args:
        path: of the file; one that is missing, or that cannot be read, tells nothing.
        kind: type of what is found.
        state: fingerprint of what everything rests on; where it differs, nothing is known.
    """
    told: TypeAdapter[tuple[str, dict[str, Found[T]]]] = TypeAdapter(
        tuple[str, dict[str, tuple[str, Signs, Signs, kind]]]  # type: ignore[valid-type]
    )
    try:
        known_state, known = told.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        known_state, known = "", {}
    found = Unchanged(known if known_state == state else {})
    yield found
    if found.seen != known or known_state != state:
        with replacing(path) as temporary:
            temporary.write_bytes(told.dump_json((state, found.seen)))


def memory_of(settings: Settings, site_id: str, day: date) -> Path:
    """The folder of what is known of a site's day."""
    return settings.unchanged / site_id / str(day)


def forget(settings: Settings, site_id: str, day: date) -> None:
    """Lets the next run of a day look at every file anew."""
    shutil.rmtree(memory_of(settings, site_id, day), ignore_errors=True)


def _sign(path: Path) -> tuple[int, int, int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_size, seen.st_ino, seen.st_mtime_ns, seen.st_ctime_ns
