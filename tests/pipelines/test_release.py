import hashlib
import json

import dataframely as dy
import polars as pl
import pytest

from pipelines.privacy.release import DIMENSIONS, PER_DAY, PLANNER, FlowCounts
from pipelines.publishing.store import publish, read_latest
from pipelines.settings import Settings
from pipelines.warehouse.connection import Warehouse
from tests import builders


def manifest(settings):
    tier = settings.released / PLANNER
    return tier, json.loads((tier / read_latest(tier)["manifest"]).read_text(encoding="utf-8"))


def test_a_manifest_names_files_that_are_what_they_say(counted_day):
    tier, described = manifest(counted_day.settings)
    files = [f for table in described["tables"].values() for f in table["files"]] + list(described["plans"].values())
    assert files
    for file in files:
        content = (tier / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["bytes"]


def test_only_the_planner_tier_exists(counted_day):
    assert [p.name for p in counted_day.settings.released.iterdir()] == ["planner"]


def test_released_tables_hold_the_named_columns_and_nothing_per_track(counted_day):
    tier, described = manifest(counted_day.settings)
    for name, schema in {**PER_DAY, **DIMENSIONS}.items():
        for file in described["tables"][name]["files"]:
            rows = pl.read_parquet(tier / file["path"])
            assert rows.columns == list(schema.columns())
            assert not {"track_id", "recording_id", "frame", "confidence"} & set(rows.columns)


def test_every_column_is_in_the_dictionary_with_a_meaning(counted_day):
    _, described = manifest(counted_day.settings)
    for name, table in described["tables"].items():
        assert table["description"], name
        for column in table["columns"]:
            assert column["description"].endswith("."), (name, column)


def test_every_aggregate_carries_coverage():
    assert all("coverage" in schema.columns() for schema in PER_DAY.values())


def test_every_table_says_whether_it_is_simulated():
    assert all("is_simulated" in schema.columns() for schema in (*PER_DAY.values(), DIMENSIONS["sites"]))


def test_an_unobserved_zero_is_refused(counted_day):
    with Warehouse(counted_day.settings.warehouse).read() as session:
        rows = session.frame("select_flow_counts", site_id="crossroads", day=builders.DAY)
    zero_where_unobserved = rows.with_columns(count=pl.col("count").fill_null(0))
    FlowCounts.validate(rows.select(FlowCounts.column_names()), cast=True)
    with pytest.raises(dy.exc.ValidationError, match="unobserved"):
        FlowCounts.validate(zero_where_unobserved.select(FlowCounts.column_names()), cast=True)


def test_unchanged_days_share_their_files_between_versions(data):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    _, first = manifest(settings)
    builders.video(settings.recordings / "pole" / "pole_2026-06-11_08-14-58.mp4")
    builders.run_day(builders.site_day(settings, builders.DAY.replace(day=11)))
    _, second = manifest(settings)
    assert second["previous"] == first["version"]
    (shared,) = first["tables"]["flow_counts"]["files"]
    assert shared in second["tables"]["flow_counts"]["files"]
    assert len(second["tables"]["flow_counts"]["files"]) == 2


def test_publishing_accepts_nothing_but_a_release(tmp_path):
    with pytest.raises(AttributeError):
        publish(pl.DataFrame({"a": [1]}), tmp_path)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
