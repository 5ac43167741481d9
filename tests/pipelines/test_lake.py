import re

import dataframely as dy
import polars as pl
import pytest

from detectors.tracks import Tracks
from pipelines.lake import DamagedFileError, Lake, RecordingKey
from tests import builders

KEY = RecordingKey("r", "pole", builders.DAY)
ROWS = builders.tracks((1, [(0.0, 10, 50), (0.1, 12, 50)]))


def test_what_is_saved_is_opened(tmp_path):
    lake = Lake(tmp_path)
    path = lake.save(Tracks, "tracks", KEY, ROWS, "inputs")
    assert path == tmp_path / "tracks" / "day=2026-06-10" / "camera=pole" / "r.parquet"
    assert lake.open(Tracks, "tracks", KEY).equals(ROWS)
    assert lake.keys("tracks", builders.DAY, "pole") == [KEY]


def test_a_file_is_current_for_the_inputs_it_was_made_from(tmp_path):
    lake = Lake(tmp_path)
    assert not lake.is_current("tracks", KEY, "a")
    lake.save(Tracks, "tracks", KEY, ROWS, "a")
    assert lake.is_current("tracks", KEY, "a")
    assert not lake.is_current("tracks", KEY, "b")


def test_saving_twice_gives_the_same_bytes(tmp_path):
    lake = Lake(tmp_path)
    first = lake.save(Tracks, "tracks", KEY, ROWS, "a").read_bytes()
    assert lake.save(Tracks, "tracks", KEY, ROWS, "a").read_bytes() == first


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-40],
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"PAR1", b"PAR2"),
        lambda content: content[:20] + bytes([content[20] ^ 1]) + content[21:],
        lambda content: content[:-30] + bytes([content[-30] ^ 128]) + content[-29:],
        lambda content: content + b"\0",
    ],
    ids=["empty", "cut off", "halved", "no Parquet", "a bit of a page", "a bit of the footer", "longer"],
)
def test_a_damaged_file_is_found_out_and_named(tmp_path, damage):
    lake = Lake(tmp_path)
    path = lake.save(Tracks, "tracks", KEY, ROWS, "a")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedFileError, match=r"r\.parquet: its bytes are not those that were written. Delete it"):
        lake.open(Tracks, "tracks", KEY)


def test_a_file_without_an_end_is_made_again(tmp_path):
    lake = Lake(tmp_path)
    path = lake.save(Tracks, "tracks", KEY, ROWS, "a")
    path.write_bytes(path.read_bytes()[:-40])
    assert not lake.is_current("tracks", KEY, "a")


def test_what_a_step_says_is_on_disk_before_its_tables_are_in_their_places(tmp_path):
    lake = Lake(tmp_path)
    with lake.saving(KEY, "a") as save:
        save(Tracks, "tracks", ROWS)
        save(Tracks, "more", ROWS)
        assert not lake.has("tracks", KEY)
    assert lake.open(Tracks, "tracks", KEY).equals(lake.open(Tracks, "more", KEY))


@pytest.mark.parametrize("rows", [ROWS, [ROWS]], ids=["whole", "in parts"])
def test_a_full_disk_is_named_by_where_the_rows_did_not_fit(tmp_path, rows):
    lake = Lake(tmp_path)
    where = re.escape(str(lake.path("tracks", KEY).parent))
    with pytest.raises(OSError, match=where), builders.small_disk(100), lake.saving(KEY, "a") as save:
        save(Tracks, "tracks", rows)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_rows_that_break_the_contract_are_not_written(tmp_path):
    lake = Lake(tmp_path)
    lake.save(Tracks, "tracks", KEY, ROWS, "a")
    before = lake.path("tracks", KEY).read_bytes()
    with pytest.raises(dy.exc.ValidationError):
        lake.save(Tracks, "tracks", KEY, ROWS.with_columns(confidence=pl.lit(2.0, pl.Float32)), "b")
    assert lake.path("tracks", KEY).read_bytes() == before
