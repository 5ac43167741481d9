"""Opens the warehouse: one writer, in one transaction, or a reader."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.durable import alone_in, replacing
from pipelines.warehouse.schema import migrate, newest_version, version
from pipelines.warehouse.statements import statement

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class WarehouseBusyError(TimeoutError):
    """Another process held the warehouse for too long."""


class WarehouseError(OSError):
    """The warehouse cannot be read or written; names the file and what the system says."""


@dataclass(frozen=True)
class Warehouse:
    """The database file at a path; created by its first writer.

    Attributes:
        patience_s: how long to wait for another process to let go of the file.
    """

    path: Path
    patience_s: float = 60.0

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: all of the block, or nothing if it raises."""
        with self._connect(read_only=False) as connection:
            connection.execute("BEGIN")
            try:
                migrate(connection, self.path)
                yield Session.of(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A reader; the file must exist. An older warehouse is brought to the newest schema first."""
        with self._connect(read_only=True) as connection:
            is_current = version(connection) == newest_version()
        if not is_current:
            with self.write():
                pass
        with self._connect(read_only=True) as connection:
            yield Session.of(connection)

    @contextmanager
    def _connect(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with closing(self._open(read_only=read_only)) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                connection.execute("SET enable_progress_bar = false")
                yield connection
        except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
            raise WarehouseError(f"{self.path}: {error}") from error

    def _create(self) -> None:
        """An empty database in one step; DuckDB refuses a file that was left without its header."""
        with alone_in(self.path.parent):
            if not self.path.exists():
                with replacing(self.path) as new:
                    new.unlink()
                    duckdb.connect(new, config=_CONFIG).close()

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        if not read_only:
            self._create()
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                return duckdb.connect(str(self.path), read_only=read_only, config=_CONFIG)
            except duckdb.IOException as error:
                if "lock" not in str(error).lower():
                    raise
                if time.monotonic() > deadline:
                    raise WarehouseBusyError(
                        f"{self.path}: held by another process for {self.patience_s:.0f} s. Wait for that run to end."
                    ) from error
                time.sleep(0.2)


@dataclass(frozen=True)
class Session:
    """Runs the statements of ``sql/`` by name."""

    connection: duckdb.DuckDBPyConnection

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Session:
        """On an open warehouse of the newest schema, which the macros of ``sql/`` read."""
        connection.execute(statement("create_macros"))
        return cls(connection)

    def run(self, name: str, **values: object) -> None:
        """Runs a statement with bound values."""
        self.connection.execute(statement(name), values or None)

    def insert(self, name: str, rows: pl.DataFrame, **values: object) -> None:
        """Runs an insert that reads the given rows as ``new_rows``."""
        self.connection.register("new_rows", rows.to_arrow())
        try:
            self.run(name, **values)
        finally:
            self.connection.unregister("new_rows")

    @contextmanager
    def holding(self, site_id: str, days: Sequence[date]) -> Iterator[None]:
        """Finds once what was observed on some days of a site; the block asks about these days only."""
        for held in ("create_held_quarters", "create_held_lines", "create_held_zones"):
            self.run(held, site_id=site_id, days=list(days))
        self.run("create_macros_on_held")
        try:
            yield
        finally:
            self.run("create_macros")

    def frame(self, name: str, **values: Any) -> pl.DataFrame:  # noqa: ANN401  (whatever DuckDB can bind)
        """Runs a query and returns its rows."""
        rows: pl.DataFrame = self.connection.sql(statement(name), params=values or None).pl()
        return rows
