from datetime import timedelta

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.dwell import (
    DURATION_CLASSES_S,
    dwell,
    gaps_s,
    kaplan_meier,
    littles_dwell_s,
    unexplained_share,
    zone_balance,
)
from geo.visits import Visits, visits
from geo.zone_occupancy import occupy_zones
from tests import builders

PLAZA = {"plaza": shapely.box(-10, -10, 10, 10)}
durations = st.lists(st.floats(0.5, 200, width=32), min_size=1, max_size=40)


@settings(max_examples=60)
@given(durations)
def test_without_censoring_the_curve_is_the_share_that_stays_longer(times):
    duration = np.array(times)
    curve = kaplan_meier(duration, np.zeros(len(duration), bool))
    longer = (duration[None, :] > curve.time_s[:, None]).mean(axis=1)
    assert curve.share == pytest.approx(longer, abs=1e-12)
    assert curve.restricted_mean_s() == pytest.approx(duration.mean(), rel=1e-9)
    assert curve.quantile_s(0.5) == np.sort(duration)[(len(duration) - 1) // 2]


@settings(max_examples=60)
@given(durations, st.randoms())
def test_the_curve_is_the_product_over_ends(times, random):
    duration, censored = np.array(times), np.array([random.random() < 0.4 for _ in times])
    if censored.all():
        return
    curve = kaplan_meier(duration, censored)
    share = 1.0
    for time, found in zip(curve.time_s, curve.share, strict=True):
        share *= 1 - ((duration == time) & ~censored).sum() / (duration >= time).sum()
        assert found == pytest.approx(share, abs=1e-12)


def test_a_textbook_curve():
    """Freireich's leukaemia data, the 6-MP arm (Kaplan-Meier of every survival textbook)."""
    ended = np.array([6, 6, 6, 7, 10, 13, 16, 22, 23], float)
    censored = np.array([6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35], float)
    curve = kaplan_meier(np.r_[ended, censored], np.r_[np.zeros(9, bool), np.ones(12, bool)])
    assert curve.time_s.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.share == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=6e-4)
    assert curve.quantile_s(0.5) == 23
    assert np.isnan(curve.quantile_s(0.9))
    low, high = curve.quantile_interval_s(0.5)
    assert low == 13
    assert np.isnan(high)


def test_only_open_stays_say_nothing():
    with pytest.raises(ValueError, match="no stay was seen from start to end"):
        kaplan_meier(np.array([3.0]), np.array([True]))


def test_duration_classes_rise_to_a_day():
    assert (np.diff(DURATION_CLASSES_S) > 0).all()
    assert DURATION_CLASSES_S[-1] == 86_400


def stay(start_s, end_s, track=1, **changes):
    row = {
        "recording_id": "r",
        "zone_id": "plaza",
        "kind": "presence",
        "track_id": track,
        "start_utc": builders.START + timedelta(seconds=start_s),
        "end_utc": builders.START + timedelta(seconds=end_s),
        "road_user": "pedestrian",
        "inside_s": float(end_s - start_s),
        "is_start_seen": True,
        "is_end_seen": True,
        "is_birth": False,
        "is_death": False,
        **{f"{end}_{axis}_m": 0.0 for end in ("start", "end") for axis in "xy"},
        **{f"{end}_v{axis}_m_s": 0.0 for end in ("start", "end") for axis in "xy"},
    }
    return {**row, **changes}


def born(*args, **changes):
    return stay(*args, is_start_seen=False, is_birth=True, **changes)


def dying(*args, **changes):
    return stay(*args, is_end_seen=False, is_death=True, **changes)


def table(*rows):
    return Visits.validate(pl.DataFrame(rows, schema=Visits.create_empty().schema))


def test_durations_are_counted_by_class_and_openness():
    rows = table(stay(0, 0.7), stay(0, 1, 2), dying(0, 61, 3), born(0, 61, 4), stay(0, 90_000, 5), stay(5, 9, 6))
    counted = dwell(rows).select("interval_start_utc", "up_to_s", "ended", "censored", "start_unseen")
    first, second = builders.START - timedelta(minutes=14, seconds=58), builders.START + timedelta(seconds=2)
    assert counted.rows() == [
        (first, 1.0, 2, 0, 0),
        (first, 65.0, 0, 1, 1),
        (first, 86_400.0, 1, 0, 0),
        (second, 4.0, 1, 0, 0),
    ]


def test_the_balance_counts_each_event_in_its_own_quarter_hour():
    rows = table(stay(0, 5), dying(1, 1.5, 2), born(3, 6, 3), stay(3, 8, 1, kind="stationary"))
    balance = zone_balance(rows)
    events = ("entries", "exits", "births", "deaths", "gaps", "gap_s", "stationary_s")
    assert balance.select(events).rows() == [(2, 0, 0, 1, 1, 1.5, 0.0), (0, 2, 1, 0, 0, 0.0, 5.0)]


def test_no_visits_no_balance():
    assert zone_balance(table()).is_empty()
    assert dwell(table()).is_empty()


@pytest.mark.parametrize(
    ("birth", "gap"),
    [
        (born(11, 20, 2), 1.0),
        (born(14, 20, 2), None),  # too late
        (born(9, 20, 2), None),  # before the death
        (born(11, 20, 2, start_x_m=2.0), None),  # too far
        (born(11, 20, 2, start_x_m=2.0, start_vx_m_s=4.0), 1.0),  # on its way
        (born(11, 20, 2, road_user="cyclist"), None),
        (born(11, 20, 2, zone_id="other"), None),
        (stay(11, 20, 2), None),  # came in from outside
    ],
)
def test_a_birth_closes_the_gap_after_a_death(birth, gap):
    assert gaps_s(table(dying(0, 10), birth)).to_list() == [gap, None]


def test_each_birth_closes_one_gap():
    rows = table(dying(0, 10, 1), dying(0, 10.5, 2), born(11, 20, 3))
    assert gaps_s(rows).to_list().count(None) == 2


def test_little_counts_those_who_came_unseen():
    assert littles_dwell_s(90.0, 10.0, 4, births=3, gaps=2) == 20.0
    assert np.isnan(littles_dwell_s(0.0, 0.0, 0, births=0, gaps=0))


def test_the_score_of_a_perfect_tracker_is_zero():
    assert unexplained_share(0, 0, 4, 4) == 0
    assert unexplained_share(1, 3, 4, 4) == 0.5
    assert np.isnan(unexplained_share(0, 0, 0, 0))


def plaza_hour(fragment_s, seed=5, mean_stay_s=48.0):
    """People who walk in, stand, and walk out, their tracks broken at random with gaps of a second.

    Returns trajectories of one hour and the mean true time in the plaza of those who came in.
    """
    rng, step, paths, true_s = np.random.default_rng(seed), 0.5, [], []
    for arrival in np.sort(rng.uniform(-600, 3600, 1050)):
        (x, y), y_in = rng.uniform(-8, 8, 2), rng.uniform(-8, 8)
        way_s, stand_s = np.hypot(x + 12, y - y_in) / 1.3, rng.exponential(mean_stay_s)
        t = np.arange(0, 2 * way_s + stand_s, step)
        along = np.clip(t / way_s, 0, 1) - np.clip((t - way_s - stand_s) / way_s, 0, 1)
        true_s.append(stand_s + 2 * way_s * (x + 10) / (x + 12))
        end = 0.0
        while end < t[-1]:
            start, end = end, end + rng.exponential(fragment_s)
            now = (t >= start) & (t < end) & (t + arrival >= 0) & (t + arrival < 3600)
            if now.sum() > 1:
                place = np.column_stack([-12 + (x + 12) * along, y_in + (y - y_in) * along])[now]
                velocity = np.gradient(place, step, axis=0)
                paths.append(np.column_stack([np.full(len(place), len(paths)), (t + arrival)[now], place, velocity]))
            end += 1.0
    return positions(np.concatenate(paths)), float(np.mean(true_s))


def positions(rows):
    """TRAJECTORIES of track, seconds, place and velocity (n, 6); many more than a builder's dictionaries can hold."""
    names = ("track_id", "time_utc", "x_m", "y_m", "vx_m_s", "vy_m_s")
    one = builders.trajectories((1, [(0, 0, 0), (1, 0, 0)]))
    since = pl.lit(builders.START) + pl.duration(microseconds=(pl.col("time_utc") * 1e6).round().cast(pl.Int64))
    constants = one.head(1).select(pl.exclude(names))
    return (
        pl.DataFrame(rows, schema=names, orient="row")
        .with_columns(time_utc=since, track_id=pl.col("track_id").cast(pl.UInt32))
        .join(constants, how="cross")
        .select(one.columns)
    )


@pytest.mark.parametrize("fragment_s", [1e9, 25.0, 12.5])
def test_dwell_without_identity_survives_broken_tracks(fragment_s):
    trajectories, true_s = plaza_hour(fragment_s)
    hour = [(builders.START, builders.START + timedelta(hours=1))]
    found = visits(trajectories, PLAZA, hour)
    presence_s = occupy_zones(trajectories, PLAZA)["presence_s"].sum()
    b = zone_balance(found).select(pl.col(pl.Int64, pl.Float64).sum()).row(0, named=True)
    little = littles_dwell_s(presence_s, b["gap_s"], b["entries"], births=b["births"], gaps=b["gaps"])
    assert little == pytest.approx(true_s, rel=0.03)
    mean_track_s = found.filter(kind="presence")["inside_s"].mean()
    score = unexplained_share(b["births"], b["deaths"], b["entries"], b["exits"])
    if fragment_s < 1e3:
        assert mean_track_s < 0.5 * true_s
        assert score > 1
    else:
        assert score < 0.02


def test_the_curve_takes_broken_tracks_into_account():
    trajectories, _ = plaza_hour(25.0)
    whole, _ = plaza_hour(1e9)
    hour = [(builders.START, builders.START + timedelta(hours=1))]
    medians = []
    for rows in (trajectories, whole):
        stays = visits(rows, PLAZA, hour).filter("is_start_seen", kind="presence")
        duration = (stays["end_utc"] - stays["start_utc"]).dt.total_microseconds().to_numpy() / 1e6
        curve = kaplan_meier(duration, ~stays["is_end_seen"].to_numpy())
        medians.append((curve.quantile_s(0.5), *curve.quantile_interval_s(0.5)))
    (broken, low, high), (true, *_) = medians
    assert low < true < high
    assert broken == pytest.approx(true, rel=0.15)
