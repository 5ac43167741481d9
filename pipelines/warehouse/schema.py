"""Brings a warehouse to the newest schema: numbered migrations, each run once, in order.

A migration is a file ``migrations/<number>_<what it does>.sql``. It is never changed once a warehouse
may have run it; what it got wrong, the next one mends. They run in the transaction of the writer that
needs them, so that a warehouse has one version or the next and nothing between.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import duckdb

from pipelines.warehouse.statements import statement


class WarehouseVersionError(RuntimeError):
    """The warehouse was written by a newer version of Passant."""


@cache
def migrations() -> Mapping[int, tuple[str, str]]:
    """Number -> name and statements of every migration, in order."""
    folder = files("pipelines.warehouse") / "migrations"
    found = sorted((file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in folder.iterdir())
    return {int(name[:4]): (name, text) for name, text in found}


def newest_version() -> int:
    """Version of a warehouse that has had every migration."""
    return max(migrations())


def version(connection: duckdb.DuckDBPyConnection) -> int:
    """Version of an open warehouse; 0 before the first migration."""
    if not _value(connection, "select_has_schema_version"):
        return 0
    return _value(connection, "select_schema_version")


def migrate(connection: duckdb.DuckDBPyConnection, path: object) -> None:
    """Runs the migrations that an open warehouse lacks.

    Args:
        connection: in a transaction.
        path: of the warehouse, for errors.

    Raises:
        WarehouseVersionError: if the warehouse is newer than this code.
    """
    current = version(connection)
    if current > newest_version():
        raise WarehouseVersionError(
            f"{path}: schema version {current}, but this Passant knows {newest_version()}. "
            "Update Passant, or rebuild the warehouse from the lake with this one."
        )
    if current == 0:
        connection.execute(statement("create_schema_version"))
    for number, (name, text) in migrations().items():
        if number > current:
            connection.execute(text)
            connection.execute(statement("insert_schema_version"), {"version": number, "migration": name})


def _value(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    ((value,),) = connection.execute(statement(name)).fetchall()
    return int(value)
