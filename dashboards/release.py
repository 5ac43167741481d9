"""Opens the current release: its manifest, and an in-memory DuckDB that can read its files and no others."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

TIER = "planner"


class ReleaseError(Exception):
    """A release, or a file of it, cannot be read."""


def data_folder() -> Path:
    """The data folder (PASSANT_DATA, default ``data``)."""
    return Path(os.environ.get("PASSANT_DATA", "data"))


@dataclass(frozen=True)
class Release:
    """One version: immutable, so that whatever was read from it stays true.

    Attributes:
        root: the tier's folder, which the manifest's paths are relative to.
        manifest: the manifest as written.
    """

    root: Path
    manifest: dict[str, Any]

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    @property
    def is_empty(self) -> bool:
        """Whether it holds no day of any site."""
        return not self.holds("flow_counts")

    def holds(self, table: str) -> bool:
        """Whether it holds a file of a table."""
        return table in self.manifest["tables"] and bool(self.manifest["tables"][table]["files"])

    def files(self, table: str, site_id: str | None = None, days: tuple[date, date] | None = None) -> list[str]:
        """The files of a table, or those that may hold rows of a site between two local days.

        Raises:
            ReleaseError: if the release has no such table, as one of an earlier version of Passant may not.
        """
        by_site = self._files_by_site.get(table)
        if by_site is None:
            raise ReleaseError(f"{self.version}: no table {table}")
        if site_id is None:
            found = [file for of_site in by_site.values() for file in of_site]
        else:
            found = [*by_site.get(None, ()), *by_site.get(site_id, ())]
        return [str(self.root / file["path"]) for file in found if days is None or _touches(file, days)]

    @cached_property
    def _files_by_site(self) -> dict[str, dict[str | None, list[dict[str, Any]]]]:
        """Table -> site (None: of all sites) -> files, because a year of a city names a hundred thousand."""
        found: dict[str, dict[str | None, list[dict[str, Any]]]] = {}
        for table, described in self.manifest["tables"].items():
            by_site = found.setdefault(table, {})
            for file in described["files"]:
                by_site.setdefault(file["site_id"], []).append(file)
        return found

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        """One for all readers, each with a cursor of its own, so that files' footers are read once.

        It holds the days of all sites, which are spread over more files than can be opened while one waits.
        """
        database = _connect(self.root)
        if self.holds("flow_daily"):
            database.execute(_statement("site_days"), {"flow_daily": self.files("flow_daily")})
        return database

    @property
    def site_ids(self) -> list[str]:
        """The sites with at least one released day."""
        return [site_id for site_id in self._files_by_site["flow_counts"] if site_id is not None]

    def days(self, site_id: str) -> tuple[date, date]:
        """First and last released local day of a site."""
        # flow_counts has a file for every released day.
        days = [file["day"] for file in self._files_by_site["flow_counts"][site_id]]
        return date.fromisoformat(min(days)), date.fromisoformat(max(days))

    def plan(self, site_id: str) -> list[dict[str, Any]]:
        """The surfaces of a site's plan: kind, name, height_m, outline_m; empty where there is no plan."""
        file = self.manifest["plans"].get(site_id)
        if file is None:
            return []
        features = json.loads((self.root / file["path"]).read_text(encoding="utf-8"))["features"]
        return [feature["properties"] for feature in features]

    def query(self, name: str, *tables: str, **values: Any) -> pl.DataFrame:  # noqa: ANN401
        """Runs ``sql/<name>.sql`` with each table's files and the values bound.

        Args:
            name: the query.
            tables: the tables it reads, each bound as a list of files under its own name: those of
                ``site_id`` and of ``first_day`` to ``last_day`` only, where these are among the values.
            values: further parameters.

        Raises:
            ReleaseError: if a file is missing, damaged or of another version of Passant; the message names it.
        """
        days = (values["first_day"], values["last_day"]) if "first_day" in values else None
        # Any file of a table has its columns; one without a row of the period makes an empty answer.
        read = {table: self.files(table, values.get("site_id"), days) or self.files(table)[:1] for table in tables}
        bound = {**read, **values}
        try:
            with self._database.cursor() as cursor:
                rows: pl.DataFrame = cursor.sql(_statement(name), params=bound).pl()
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.BinderException) as error:
            raise ReleaseError(f"{self.version}: {str(error).splitlines()[0]}") from error
        return rows


def _touches(file: dict[str, Any], days: tuple[date, date]) -> bool:
    """Whether a file's day or month has a day between two, both included; a file of all days does."""
    first, last = map(str, days)
    if file["day"]:
        return bool(first <= file["day"] <= last)
    return file["month"] is None or first[:7] <= file["month"] <= last[:7]


def open_latest(released: Path) -> Release | None:
    """The latest release of the planner tier, or None before there is one.

    Raises:
        ReleaseError: if what names it is missing or damaged.
    """
    root = (released / TIER).resolve()
    pointer = root / "latest.json"
    if not pointer.is_file():
        return None
    try:
        return _open(root, json.loads(pointer.read_text(encoding="utf-8"))["manifest"])
    except (OSError, ValueError, KeyError) as error:
        raise ReleaseError(f"{pointer.name}: {error}") from error


@lru_cache(maxsize=2)
def _open(root: Path, manifest: str) -> Release:
    """Kept from one rerun of the page to the next: a version's manifest never changes."""
    return Release(root, json.loads((root / manifest).read_text(encoding="utf-8")))


def _statement(name: str) -> str:
    return (files("dashboards") / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def _connect(root: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:", config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET parquet_metadata_cache = true")
    connection.execute("SET allowed_directories = [$root]", {"root": str(root)})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection
