"""The serving process cannot open what is restricted; tried with everything that opens files."""

import subprocess
import sys
import textwrap

import pytest

TRY = textwrap.dedent(
    """
    import ctypes, os, pathlib, subprocess, sys
    folder, allowed = sys.argv[1:3]
    by_kernel = None
    from dashboards.wall import confine
    by_kernel = confine(pathlib.Path(folder))
    import duckdb, polars, pyarrow.csv

    def attempts(path):
        yield "open", lambda: open(path).read()
        yield "pathlib", lambda: pathlib.Path(path).read_text()
        yield "os.open", lambda: os.open(path, os.O_RDONLY)
        yield "write", lambda: open(path, "a")
        if by_kernel:
            yield "polars", lambda: polars.read_csv(path)
            yield "pyarrow", lambda: pyarrow.csv.read_csv(path)
            yield "duckdb", lambda: duckdb.sql(f"FROM read_csv('{path}')").fetchall()
            yield "child", lambda: subprocess.run(["cat", path], check=True, capture_output=True)
            yield "libc", lambda: 1 / (ctypes.CDLL(None).open(path.encode(), 0) + 1)
            yield "thread", lambda: in_thread(path)

    def in_thread(path):
        import concurrent.futures
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: polars.read_csv(path)).result()

    ways = {
        "restricted": folder + "/x.csv",
        "by way of /proc": "/proc/self/root" + folder + "/x.csv",
        "by way of a link": allowed + "/link.csv",
        "by way of ..": allowed + "/../restricted/x.csv",
    }
    for label, path in ways.items():
        for name, attempt in attempts(path):
            try:
                attempt()
            except Exception:
                continue
            sys.exit(f"{name} opened {label}")
    for name, attempt in attempts(allowed + "/x.csv"):
        attempt()
    try:
        os.listdir(folder)
    except PermissionError:
        print("kernel" if by_kernel else "hook")
    """
)


@pytest.fixture
def folders(tmp_path):
    restricted, allowed = tmp_path / "data" / "restricted", tmp_path / "data" / "released"
    for folder in (restricted, allowed):
        folder.mkdir(parents=True)
        (folder / "x.csv").write_text("a\n1\n")
    (allowed / "link.csv").symlink_to(restricted / "x.csv")
    return restricted, allowed


def test_nothing_opens_a_restricted_file(folders):
    done = subprocess.run([sys.executable, "-c", TRY, *map(str, folders)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("kernel", "hook")


def test_without_the_wall_the_same_attempts_succeed(folders):
    """The positive control: the test above fails where there is no wall."""
    open_wall = TRY.replace("by_kernel = confine(pathlib.Path(folder))", "by_kernel = True")
    done = subprocess.run(
        [sys.executable, "-c", open_wall, *map(str, folders)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode != 0
    assert "opened restricted" in done.stderr


def test_a_folder_made_later_is_barred_too(tmp_path):
    code = textwrap.dedent(
        """
        import pathlib, subprocess, sys
        from dashboards.wall import confine
        folder = pathlib.Path(sys.argv[1]) / "restricted"
        confine(folder)
        subprocess.run(["mkdir", folder], check=True)
        try:
            (folder / "x.csv").write_text("a")
        except PermissionError:
            print("barred")
        """
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "barred", done.stderr


TRY_TO_CHANGE = textwrap.dedent(
    """
    import os, pathlib, subprocess, sys
    data = pathlib.Path(sys.argv[1])
    from dashboards.wall import forbid_changes
    by_kernel = forbid_changes(data / "restricted")
    inside, beside = data / "restricted" / "x.csv", data / "sites" / "x.csv"
    elsewhere = data / "elsewhere"
    assert inside.read_text() == beside.read_text()
    def attempts(path):
        yield "append", lambda: open(path, "a").write("2")
        yield "os.open", lambda: os.open(path, os.O_RDWR)
        yield "create", lambda: (path.parent / "new.csv").write_text("1")
        yield "replace", lambda: os.replace(path, path.with_suffix(".old"))
        yield "remove", lambda: path.with_suffix(".old").unlink() if path == beside else path.unlink()
        yield "move", lambda: os.replace(path.parent / "moved.csv", elsewhere / f"{path.parent.name}.csv")
        if by_kernel:
            rename = [sys.executable, "-c", "import os, sys; os.rename(*sys.argv[1:])"]
            out = path.parent / "folder", elsewhere / path.parent.name
            into = elsewhere / "a.csv", path.parent / "a.csv"
            yield "child moves out", lambda: subprocess.run([*rename, *out], check=True, capture_output=True)
            yield "child moves in", lambda: subprocess.run([*rename, *into], check=True, capture_output=True)
            yield "child", lambda: subprocess.run(["sh", "-c", f"echo 2 >> {path}"], check=True, capture_output=True)
    for name, attempt in attempts(inside):
        try:
            attempt()
        except Exception:
            continue
        sys.exit(f"{name} changed restricted files")
    for name, attempt in attempts(beside):
        attempt()
    print("kernel" if by_kernel else "hook")
    """
)


@pytest.fixture
def written_beside(folders):
    restricted, _ = folders
    sites = restricted.parent / "sites"
    sites.mkdir()
    (sites / "x.csv").write_text("a\n1\n")
    (restricted.parent / "elsewhere").mkdir()
    for name in ("restricted/moved.csv", "sites/moved.csv", "elsewhere/a.csv"):
        (restricted.parent / name).write_text("a\n")
    for folder in (restricted, sites):
        (folder / "folder").mkdir()
    return restricted


def test_what_is_only_read_cannot_be_changed(written_beside):
    command = [sys.executable, "-c", TRY_TO_CHANGE, str(written_beside.parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("kernel", "hook")
    assert (written_beside / "x.csv").read_text() == "a\n1\n"


def test_without_that_wall_it_can(written_beside):
    open_wall = TRY_TO_CHANGE.replace('forbid_changes(data / "restricted")', "True")
    command = [sys.executable, "-c", open_wall, str(written_beside.parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert "changed restricted files" in done.stderr
