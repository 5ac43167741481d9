import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.privacy.release import planner_release
from pipelines.warehouse import schema
from pipelines.warehouse.connection import Warehouse

FIRST = Path(__file__).with_name("first_warehouse.sql").read_text(encoding="utf-8")


def warehouse(folder, statements=""):
    """A warehouse in which some statements have run."""
    path = folder / "w.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(statements)
    return Warehouse(path)


def columns(path):
    query = "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns ORDER BY ALL"
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def versions(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("SELECT version, name FROM schema_version ORDER BY version").fetchall()


def test_migrations_are_numbered_from_one_without_a_gap():
    assert list(schema.migrations()) == list(range(1, schema.newest_version() + 1))
    assert all(re.fullmatch(r"\d{4}_[a-z_]+", name) for name, _ in schema.migrations().values())
    assert all(text.startswith("-- ") for _, text in schema.migrations().values())


def test_a_new_warehouse_has_every_migration(tmp_path):
    new = warehouse(tmp_path)
    with new.write():
        pass
    assert versions(new.path) == [(number, name) for number, (name, _) in schema.migrations().items()]


def test_the_oldest_warehouse_becomes_what_a_new_one_is(tmp_path):
    (tmp_path / "new").mkdir()
    new, old = warehouse(tmp_path / "new"), warehouse(tmp_path, FIRST)
    for one in (new, old):
        with one.write():
            pass
    assert columns(old.path) == columns(new.path)
    assert versions(old.path) == versions(new.path)


def test_the_oldest_warehouse_keeps_its_rows_and_is_released(tmp_path):
    old = warehouse(tmp_path, FIRST)
    with old.read() as session:
        assert session.frame("select_days").select("day", "is_passed").rows() == [
            (date(2026, 6, 1), True),
            (date(2026, 6, 2), True),
        ]
        (flows, *_) = [t for t in planner_release(session, date(2026, 6, 3)).tables if t.name == "flow_counts"]
    assert flows.rows["count"].sum() == 5


def test_migrations_run_once(tmp_path):
    old = warehouse(tmp_path, FIRST)
    for _ in range(2):
        with old.write():
            pass
    assert len(versions(old.path)) == schema.newest_version()


def test_a_migration_that_fails_leaves_the_warehouse_as_it_was(tmp_path, monkeypatch):
    old = warehouse(tmp_path, FIRST)
    before = columns(old.path)
    broken = {**schema.migrations(), schema.newest_version() + 1: ("9999_broken", "SELECT no_such_function()")}
    monkeypatch.setattr(schema, "migrations", lambda: broken)
    with pytest.raises(duckdb.CatalogException), old.write():
        pass
    assert columns(old.path) == before


@pytest.mark.parametrize("opened", ["read", "write"])
def test_a_newer_warehouse_is_refused(tmp_path, opened):
    newer = warehouse(tmp_path)
    with newer.write() as session:
        session.run("insert_schema_version", version=schema.newest_version() + 1, migration="of_tomorrow")
    with pytest.raises(schema.WarehouseVersionError, match="Update Passant"), getattr(newer, opened)():
        pass
