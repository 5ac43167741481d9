import multiprocessing
import os
import resource
import signal
import threading

import pytest

from pipelines.durable import BusyError, alone_in, alone_on, replacing, replacing_all, replacing_in_batches
from tests import builders


def test_a_failed_write_leaves_nothing(tmp_path):
    path = tmp_path / "a" / "b.parquet"
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list(path.parent.iterdir()) == []


def test_many_files_take_their_places_together_or_not_at_all(tmp_path):
    def write(*, fails):
        with replacing_all() as stand_in:
            for name in ("a", "b"):
                stand_in(tmp_path / name / "file").write_text("new")
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        write(fails=True)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    write(fails=False)
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == ["a/file", "b/file"]


def test_thousands_of_files_are_replaced_by_a_process_that_may_open_a_few(tmp_path):
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 20, most))
    try:
        with replacing_in_batches(at_once=10) as stand_in:
            for number in range(2001):
                stand_in(tmp_path / f"{number}").write_text("whole")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["whole"] * 2001


def test_of_batches_those_before_a_failure_are_whole_and_nothing_else_is_left(tmp_path):
    with pytest.raises(RuntimeError), replacing_in_batches(at_once=2) as stand_in:
        for name in ("a", "b", "c"):
            stand_in(tmp_path / name).write_text("whole")
        raise RuntimeError
    assert names(tmp_path) == ["a", "b"]


def test_a_full_disk_is_named_by_the_file_that_did_not_fit(tmp_path):
    path = tmp_path / "a" / "b.parquet"
    with (
        pytest.raises(OSError, match=f"File too large: '{path}'"),
        builders.small_disk(100),
        replacing(path) as temporary,
    ):
        temporary.write_bytes(bytes(200))
    assert names(path.parent) == []


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def writing(path, begun):
    """Begins a file and never ends it."""
    with replacing(path) as temporary:
        temporary.write_text("half")
        begun.set()
        signal.pause()


def making(path, begun):
    """Holds the making of a file and never ends it."""
    with alone_on(path):
        begun.set()
        signal.pause()


def holding(folder, begun):
    with alone_in(folder):
        begun.set()
        signal.pause()


@pytest.fixture
def other():
    """Starts work in another process, which is killed at the end at the latest."""
    context, processes = multiprocessing.get_context("spawn"), []

    def start(work, path):
        begun = context.Event()
        processes.append(context.Process(target=work, args=(path, begun)))
        processes[-1].start()
        assert begun.wait(60)
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.join()


def test_what_a_killed_process_had_begun_is_removed_and_what_a_living_one_has_is_kept(tmp_path, other):
    other(writing, tmp_path / "living")
    dead = other(writing, tmp_path / "dead")
    dead.kill()
    dead.join()
    assert [name.split(".")[1] for name in names(tmp_path)] == ["dead", "living"]
    with replacing(tmp_path / "whole") as temporary:
        temporary.write_text("whole")
    assert [name.split(".")[-3:-2] for name in names(tmp_path)] == [["living"], []]


def test_a_folder_is_held_by_one_process_until_it_is_killed(tmp_path, other):
    holder = other(holding, tmp_path)
    with pytest.raises(BusyError, match="held by another run for 0 s. Wait for that run to end"), alone_in(tmp_path, 0):
        pass
    holder.kill()
    with alone_in(tmp_path, 30.0):
        assert names(tmp_path) == []


def test_the_making_of_a_file_is_held_by_one_process_until_it_is_killed_and_of_others_is_free(tmp_path, other):
    path = tmp_path / "a.parquet"
    holder = other(making, path)
    with pytest.raises(BusyError, match="a.parquet: held by another run for 0 s"), alone_on(path, 0):
        pass
    with alone_on(tmp_path / "b.parquet", 0), replacing(tmp_path / "b.parquet") as temporary:
        temporary.write_text("whole")
    holder.kill()
    with alone_on(path, 30.0):
        assert names(tmp_path) == [".a.parquet.lock.tmp", "b.parquet"]
    assert names(tmp_path) == ["b.parquet"]


def test_who_waits_for_a_lock_that_its_holder_removes_takes_a_new_one(tmp_path):
    path, inside, most = tmp_path / "a.parquet", [], []

    def make():
        for _ in range(20):
            with alone_on(path, 30.0):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 60
    assert names(tmp_path) == []
