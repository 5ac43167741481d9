"""An object store by URL: whole objects under names, each put in one step.

``s3://bucket/folder``, ``gs://…`` and ``abfs://…`` are what Arrow's own file systems speak, without a
further library; ``file:///folder`` is a network drive. Credentials come from where those services'
tools look for them. A store that speaks S3 elsewhere is named in the URL:
``s3://bucket/folder?endpoint_override=host:port&scheme=http&region=eu-central-1``.

An object is there whole or not at all: it is put by one request, or by parts that the store joins in
one step at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow import fs

from pipelines.durable import replacing


class ObjectStoreError(RuntimeError):
    """The store cannot be opened, or has not what it must have."""


@dataclass(frozen=True)
class ObjectStore:
    """The objects under a URL.

    Attributes:
        url: as given, for messages; without what follows a question mark, which may name a key.
        root: the path of the URL within its file system.
    """

    url: str
    filesystem: fs.FileSystem
    root: str

    @classmethod
    def at(cls, url: str) -> ObjectStore:
        """Opens nothing yet; the first request does.

        Raises:
            ObjectStoreError: if the URL is of no known kind.
        """
        try:
            filesystem, root = fs.FileSystem.from_uri(_with_single_puts(url))
        except (pa.ArrowException, OSError):
            # What Arrow says repeats the URL, and with it a key.
            raise ObjectStoreError(
                f"{_shown(url)}: no such kind of store. Give a URL such as s3://bucket/folder or file:///folder."
            ) from None
        return cls(_shown(url), filesystem, root.rstrip("/"))

    def put(self, name: str, path: Path) -> None:
        """Puts a file's bytes under a name, over what is there."""
        with self._named_errors(name):
            if isinstance(self.filesystem, fs.LocalFileSystem):
                with replacing(Path(self._path(name))) as temporary:
                    temporary.write_bytes(path.read_bytes())
            else:
                content = path.read_bytes()
                with self.filesystem.open_output_stream(self._path(name)) as stream:
                    stream.write(content)

    def remove(self, name: str) -> None:
        """Removes an object, if there is one."""
        if self.has(name):
            with self._named_errors(name):
                self.filesystem.delete_file(self._path(name))

    def read(self, name: str) -> bytes:
        """The bytes under a name.

        Raises:
            ObjectStoreError: if there are none.
        """
        with self._named_errors(name), self.filesystem.open_input_stream(self._path(name)) as stream:
            return bytes(stream.read())

    def parquet_metadata(self, name: str) -> dict[str, str]:
        """What a Parquet object says of itself, from its end only."""
        with self._named_errors(name), self.filesystem.open_input_file(self._path(name)) as file:
            found = pq.read_metadata(file).metadata or {}
        return {key.decode(): value.decode() for key, value in found.items() if key.startswith(b"passant:")}

    def has(self, name: str) -> bool:
        with self._named_errors(name):
            return bool(self.filesystem.get_file_info(self._path(name)).type == fs.FileType.File)

    def put_ns(self, name: str) -> int:
        """When an object was put, in nanoseconds since 1970."""
        with self._named_errors(name):
            return int(self.filesystem.get_file_info(self._path(name)).mtime_ns)

    def names(self, folder: str) -> list[str]:
        """Names of the objects in a folder and the folders in it, in order."""
        selector = fs.FileSelector(self._path(folder), recursive=True, allow_not_found=True)
        with self._named_errors(folder):
            found = self.filesystem.get_file_info(selector)
        return sorted(info.path[len(self.root) + 1 :] for info in found if info.type == fs.FileType.File)

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"

    @contextmanager
    def _named_errors(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ObjectStoreError(f"{self.url}/{name}: {error}") from error


def _with_single_puts(url: str) -> str:
    """Lets an S3 store take a small object in one request, not as an upload of one part."""
    if not url.startswith("s3://") or "allow_delayed_open=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}allow_delayed_open=true"


def _shown(url: str) -> str:
    """Without parameters and without a user and password."""
    scheme, _, rest = url.partition("?")[0].partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
