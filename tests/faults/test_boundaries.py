"""Death at every moment of the writes that everything rests on: a file in its place, and a line of the log."""

from functools import partial

import pytest

from pipelines.audit import AuditLog
from pipelines.durable import replacing, replacing_all
from tests.faults import boundaries
from tests.faults.harms import child, finish


def passed(work):
    """The boundaries that some work passes."""
    seen = []
    with boundaries.listed(seen):
        work()
    return seen


def dies(work, moment):
    """Does some work in a process that dies at a moment of it."""

    def to_death():
        with boundaries.deadly(moment):
            work()

    status = finish(child(to_death))
    assert status == 9, "the process has not died"


def two_files(folder, text):
    with replacing_all() as stand_in:
        for name in ("a", "b"):
            stand_in(folder / name).write_text(text)


def moments(work):
    return boundaries.moments(passed(work))


def test_moments_are_before_within_and_after():
    assert boundaries.moments(["fsync", "write"]) == [
        (0, "before"),
        (0, "after"),
        (1, "before"),
        (1, "within"),
        (1, "after"),
    ]


def test_a_file_is_the_old_one_or_the_new_one_at_every_moment(tmp_path):
    for number, moment in enumerate(moments(lambda: two_files(tmp_path, "old"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        two_files(folder, "old")
        dies(partial(two_files, folder, "new"), moment)
        assert {(folder / name).read_text() for name in ("a", "b")} <= {"old", "new"}
        two_files(folder, "new")
        assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]
        assert {path.read_text() for path in folder.iterdir()} == {"new"}


@pytest.mark.parametrize("lines", [0, 2])
def test_a_step_is_told_of_once_whenever_its_teller_dies(tmp_path, lines):
    step = {"recording": "a", "tracks": 2}

    def log(name):
        log = AuditLog(tmp_path / name / "log.jsonl")
        log.append_all("ingest", [{"recording": str(i)} for i in range(lines)])
        return log

    def tell(name):
        AuditLog(tmp_path / name / "log.jsonl").append_once("track", "recording", [step])

    log("first")
    for number, moment in enumerate(moments(lambda: tell("first"))):
        one = log(str(number))
        dies(partial(tell, str(number)), moment)
        tell(str(number))
        told = [entry for entry in one.entries() if entry["action"] == "track"]
        assert len(told) == 1
        assert one.verify() == len(list(one.entries()))


def test_what_is_told_within_a_change_is_on_disk_before_it(tmp_path):
    def change(name):
        with replacing(tmp_path / name / "file") as temporary:
            temporary.write_text("new")
            AuditLog(tmp_path / name / "log.jsonl").append_once("track", "recording", [{"recording": "a"}])

    for number, moment in enumerate(moments(lambda: change("first"))):
        name = str(number)
        dies(partial(change, name), moment)
        if (tmp_path / name / "file").exists():
            assert len(list(AuditLog(tmp_path / name / "log.jsonl").entries())) == 1
