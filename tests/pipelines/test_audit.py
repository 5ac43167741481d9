import errno
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.audit import AuditError, AuditLog


def written(path, n=6):
    log = AuditLog(path)
    for i in range(n):
        log.append("track", recording=f"pole__{i}", tracks=i)
    return log


def test_every_line_follows_from_the_one_before(tmp_path):
    log = written(tmp_path / "log.jsonl")
    assert log.verify() == 6
    assert [entry["number"] for entry in log.entries()] == [1, 2, 3, 4, 5, 6]


def test_an_empty_log_verifies(tmp_path):
    assert AuditLog(tmp_path / "none.jsonl").verify() == 0


@pytest.mark.parametrize(
    "attack",
    [
        lambda lines: lines[:2] + lines[3:],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines[:3], lines[2], *lines[3:]],
        lambda lines: [*lines[:2], lines[2].replace(b'"tracks": 2', b'"tracks": 9'), *lines[3:]],
        lambda lines: [*lines[:5], lines[5][:-10]],
        lambda lines: lines[1:],
    ],
    ids=["removed", "swapped", "doubled", "changed", "cut off", "beheaded"],
)
def test_an_edited_log_is_found_out(tmp_path, attack):
    path = tmp_path / "log.jsonl"
    log = written(path)
    path.write_bytes(b"".join(attack(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(AuditError, match="log.jsonl: line"):
        log.verify()


@settings(max_examples=60)
@given(st.data())
def test_any_changed_byte_breaks_the_chain(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("audit") / "log.jsonl"
    log = written(path, 3)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(content))
    with pytest.raises(AuditError):
        log.verify()


def test_a_changed_line_with_a_new_digest_breaks_the_next(tmp_path):
    path = tmp_path / "log.jsonl"
    log = written(path)
    other = written(tmp_path / "other.jsonl")
    assert other.verify() == 6
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = (tmp_path / "other.jsonl").read_bytes().splitlines(keepends=True)[2]
    path.write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match="line 3"):
        log.verify()


def test_a_line_cut_off_in_writing_is_kept_as_text_and_told_of(tmp_path):
    path = tmp_path / "log.jsonl"
    log = written(path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(AuditError, match="line 6"):
        log.verify()
    log.append("track", recording="pole__5", tracks=5)
    assert log.verify() == 7
    cut, again = list(log.entries())[-2:]
    assert (cut["action"], cut["number"], again["number"]) == ("line_cut_off", 6, 7)
    assert cut["text"].startswith('{"action": "track"')


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    log = written(tmp_path / "log.jsonl")
    before = log.path.read_bytes()
    write = os.write

    def full(descriptor, content):
        if len(content) < 40:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, content[:40])

    with monkeypatch.context() as patch, pytest.raises(OSError, match=r"No space left.*log\.jsonl"):
        patch.setattr(os, "write", full)
        log.append("track", recording="pole__6")
    assert log.path.read_bytes() == before


def test_a_step_repeated_after_a_crash_is_told_of_once(tmp_path):
    log = AuditLog(tmp_path / "log.jsonl")
    step = {"recording": "a", "tracks": 2}
    for fields in (step, step, {**step, "tracks": 3}, step):
        log.append_once("track", "recording", [fields])
        log.append_once("track", "recording", [{"recording": "b", "tracks": 1}])
    assert [e["tracks"] for e in log.entries() if e["recording"] == "a"] == [2, 3, 2]
    log.append_once("load", "recording", [step])
    log.append_once("track", "recording", [step])
    assert [e["action"] for e in log.entries() if e["recording"] == "a"] == ["track"] * 3 + ["load", "track"]
    assert log.verify() == 6


def test_lines_are_plain_json_without_missing_values(tmp_path):
    log = AuditLog(tmp_path / "log.jsonl")
    log.append("load", recording="r", detector=None)
    assert "detector" not in json.loads(log.path.read_text())


def test_many_lines_are_one_chain_and_none_makes_no_file(tmp_path):
    log = written(tmp_path / "log.jsonl", 2)
    log.append_all("load", [{"recording": "a"}, {"recording": "b"}])
    log.append("release", version="v")
    assert log.verify() == 5
    assert [entry["number"] for entry in log.entries()] == [1, 2, 3, 4, 5]
    AuditLog(tmp_path / "none.jsonl").append_all("load", [])
    assert not (tmp_path / "none.jsonl").exists()


def test_a_line_cut_off_in_writing_does_not_keep_others_from_being_read(tmp_path):
    log = AuditLog(tmp_path / "log.jsonl")
    log.append("track", recording="r")
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + whole[: len(whole) // 2])
    assert [entry["action"] for entry in log.entries()] == ["track"]
    log.append("load", recording="r")
    assert [entry["action"] for entry in log.entries()] == ["track", "line_cut_off", "load"]
