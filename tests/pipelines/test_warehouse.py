from importlib.resources import files

import duckdb
import pytest

from pipelines.warehouse.connection import Warehouse, WarehouseBusyError, WarehouseError
from pipelines.warehouse.statements import statement
from tests import builders

NAMES = sorted(p.name.removesuffix(".sql") for p in (files("pipelines.warehouse") / "sql").iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_every_statement_says_its_grain(name):
    assert statement(name).startswith("-- ")


def test_every_statement_is_used():
    import re
    from pathlib import Path

    code = "".join(p.read_text() for p in Path("pipelines").rglob("*.py"))
    templates = [
        re.compile(t.replace("{", "(?P<").replace("}", ">\\w+)")) for t in re.findall(r'f"(\w+_\{\w+\}\w*)"', code)
    ]
    for name in NAMES:
        assert f'"{name}"' in code or any(t.fullmatch(name) for t in templates), name


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("select_") and not n.endswith("_schema_version")])
def test_every_query_runs_on_an_empty_warehouse(tmp_path, name):
    from datetime import date

    values = {"site_id": "s", "days": [date(2026, 1, 1)]}
    with Warehouse(tmp_path / "w.duckdb").write() as session:
        wanted = {k: v for k, v in values.items() if f"${k}" in statement(name)}
        assert session.frame(name, **wanted).is_empty()


def test_a_failed_write_changes_nothing(tmp_path):
    warehouse = Warehouse(tmp_path / "w.duckdb")
    with warehouse.write():
        pass
    with pytest.raises(RuntimeError), warehouse.write() as session:
        session.connection.execute("INSERT INTO verdicts VALUES ('s', DATE '2026-01-01', 'coverage', true, 'fine')")
        raise RuntimeError
    with warehouse.read() as session:
        assert session.connection.execute("SELECT count(*) FROM verdicts").fetchall() == [(0,)]


def test_a_warehouse_that_does_not_fit_is_named_and_made_once_there_is_room(tmp_path):
    warehouse = Warehouse(tmp_path / "w.duckdb")
    with pytest.raises(WarehouseError, match=str(warehouse.path)), builders.small_disk(100), warehouse.write():
        pass
    assert not warehouse.path.exists()
    with warehouse.write():
        pass


def test_a_second_writer_waits_and_is_told_why(tmp_path):
    import subprocess
    import sys

    path = tmp_path / "w.duckdb"
    with Warehouse(path).write():
        pass
    hold = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"held\n"
        with (
            pytest.raises(WarehouseBusyError, match="held by another process"),
            Warehouse(path, patience_s=0.5).write(),
        ):
            pass
    finally:
        process.communicate(b"", timeout=30)
    with Warehouse(path).write():
        pass


def test_no_extension_is_ever_fetched(tmp_path):
    with Warehouse(tmp_path / "w.duckdb").write() as session, pytest.raises(duckdb.Error):
        session.connection.execute("SELECT ST_Buffer(ST_GeomFromText('POINT (0 0)'), 1)")
