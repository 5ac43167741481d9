from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from pydantic import ValidationError

from geo.chronicle import Chronicle, annotate, outages, watches
from tests import builders

BERLIN = ZoneInfo("Europe/Berlin")


def length_s(intervals):
    return sum((end - start).total_seconds() for start, end in intervals)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 4), 24), (date(2026, 3, 29), 23), (date(2025, 10, 26), 25)])
def test_a_whole_day_is_watched_from_midnight_to_midnight(day, hours):
    found = watches(builders.chronicle(first_day=day, last_day=day, seed=3), BERLIN, "pole", day)
    start, end = min(w.start_utc for w in found), max(w.end_utc for w in found)
    assert (start.astimezone(BERLIN).date(), start.astimezone(BERLIN).hour) == (day, 0)
    assert (end - start) == timedelta(hours=hours)


def test_an_outage_leaves_no_recording():
    outage = {"camera_id": "pole", "start": "2026-03-04T10:00", "end": "2026-03-05T12:00", "text": "Power cut"}
    chronicle = builders.chronicle(outages=[outage])
    first, second = (watches(chronicle, BERLIN, "pole", date(2026, 3, day)) for day in (4, 5))
    assert [w.end_utc for w in first] == [datetime(2026, 3, 4, 9, tzinfo=UTC)]
    assert [w.start_utc for w in second] == [datetime(2026, 3, 5, 11, tzinfo=UTC)]
    assert watches(chronicle, BERLIN, "mast", date(2026, 3, 4))[0].start_utc < first[0].end_utc


def test_a_day_without_power_has_no_recording_at_all():
    outage = {"camera_id": "pole", "start": "2026-03-04T00:00", "end": "2026-03-05T00:00", "text": "Power cut"}
    assert watches(builders.chronicle(outages=[outage]), BERLIN, "pole", date(2026, 3, 4)) == []


def test_unplanned_outages_and_lost_frames_are_rare_and_the_same_every_time():
    chronicle = builders.chronicle(first_day=date(2025, 1, 1), last_day=date(2025, 12, 31))
    days = [watches(chronicle, BERLIN, "pole", day) for day in chronicle.days]
    assert days == [watches(chronicle, BERLIN, "pole", day) for day in chronicle.days]
    recorded_s = sum(length_s([(w.start_utc, w.end_utc)]) for day in days for w in day)
    observed_s = sum(length_s(w.observed) for day in days for w in day)
    assert 0.98 < recorded_s / (365 * 86_400) < 0.9999
    assert 0.999 < observed_s / recorded_s < 1
    assert 5 < sum(bool(outages(chronicle, BERLIN, "pole", day)) for day in chronicle.days) < 50


def test_pieces_of_a_day_never_overlap():
    chronicle = builders.chronicle(first_day=date(2025, 5, 1), last_day=date(2025, 9, 30))
    for day in chronicle.days:
        found = watches(chronicle, BERLIN, "pole", day)
        assert all(a.end_utc <= b.start_utc for a, b in pairwise(found))
        assert all(w.start_utc <= s < e <= w.end_utc for w in found for s, e in w.observed)


def test_the_first_tuesday_of_every_season_is_a_sample_and_so_is_the_first_of_all():
    chronicle = builders.chronicle(first_day=date(2025, 4, 10), last_day=date(2026, 6, 9))
    days = chronicle.sample_days()
    assert [str(day) for day in days] == [
        "2025-04-15", "2025-06-03", "2025-09-02", "2025-12-02", "2026-03-03", "2026-06-02",
    ]  # fmt: skip
    (sample,) = (w for w in watches(chronicle, BERLIN, "pole", days[0]) if w.is_sample)
    assert sample.end_utc - sample.start_utc == timedelta(minutes=chronicle.samples.minutes)
    assert sample.start_utc.astimezone(BERLIN).hour == chronicle.samples.from_hour


def test_annotations_name_what_happens_in_order():
    chronicle = builders.chronicle(
        first_day=date(2026, 3, 30),
        last_day=date(2026, 4, 12),
        market={"text": "Market", "weekday": 5, "from_hour": 7, "to_hour": 14},
        school_holidays=[{"first": "2026-04-03", "last": "2026-04-10", "text": "Easter holidays"}],
        closures=[{"start": "2026-04-01", "end": "2026-04-03", "text": "Closed", "effects": []}],
        interventions=[{"start": "2026-04-08", "text": "New crossing", "effects": []}],
        outages=[{"camera_id": "pole", "start": "2026-04-09T10:00", "end": "2026-04-09T11:00", "text": "Down"}],
    )
    found = annotate(chronicle, BERLIN, ["pole"])
    assert found["start_utc"].is_sorted()
    days = found.with_columns(pl.col("start_utc").dt.convert_time_zone("Europe/Berlin").dt.date().alias("day"))
    assert days.filter(kind="public holiday").select("day", "text").rows() == [
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 4, 6), "Easter Monday"),
    ]
    assert days.filter(kind="market day")["day"].to_list() == [date(2026, 4, 10)]  # not on Good Friday
    assert days.filter(kind="intervention")["end_utc"].to_list() == [None]
    assert "pole: Down" in found.filter(kind="outage")["text"].to_list()


def test_a_chronicle_must_end_after_it_begins():
    with pytest.raises(ValidationError, match="last_day is before first_day"):
        Chronicle.model_validate({**builders.chronicle().model_dump(), "last_day": "2020-01-01"})
