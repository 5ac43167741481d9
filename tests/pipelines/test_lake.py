import dataframely as dy
import polars as pl
import pytest

from detectors.tracks import Tracks
from pipelines.lake import Lake, RecordingKey, replacing, replacing_all
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


def test_rows_that_break_the_contract_are_not_written(tmp_path):
    lake = Lake(tmp_path)
    lake.save(Tracks, "tracks", KEY, ROWS, "a")
    before = lake.path("tracks", KEY).read_bytes()
    with pytest.raises(dy.exc.ValidationError):
        lake.save(Tracks, "tracks", KEY, ROWS.with_columns(confidence=pl.lit(2.0, pl.Float32)), "b")
    assert lake.path("tracks", KEY).read_bytes() == before


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
