"""DWELL: how long people stay, from the stays that are seen and from none of them.

Two estimates that fail differently. Kaplan and Meier's (1958) works on single stays and takes those
that tracking or the recording cut short as "at least so long". Little's law (1961), W = L / lambda,
needs no identity at all: the time spent in a zone over the number who came in.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS
from geo.steps import INTERVAL
from geo.visits import KINDS, Visits

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Upper ends of duration classes: every second to 1 min, every 5 s to 10 min, every minute to 4 h, a day.
DURATION_CLASSES_S = np.r_[np.arange(1, 60), np.arange(60, 600, 5), np.arange(600, 14_400, 60), 14_400, 86_400]
# A track that ends and one that begins so soon and so near to where it was going are two sides of a gap.
GAP_S, GAP_REACH_M, GAP_REACH_M_S = 3.0, 0.75, 0.5

_KEYS = ("recording_id", "zone_id", "interval_start_utc", "road_user")


class Dwell(dy.Schema):
    """Stays and stops of one zone x interval of their start x class x class of duration.

    ``ended`` were seen from start to end. ``censored`` were seen from their start and lasted longer.
    ``start_unseen`` have no known start and count only here.
    """

    recording_id = dy.String(primary_key=True)
    zone_id = dy.String(primary_key=True)
    interval_start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    road_user = dy.Enum([r.value for r in ROAD_USERS], primary_key=True)
    kind = dy.Enum(list(KINDS), primary_key=True)
    up_to_s = dy.Float64(primary_key=True, min=0.0)
    ended = dy.Int64(min=0)
    censored = dy.Int64(min=0)
    start_unseen = dy.Int64(min=0)


class ZoneBalance(dy.Schema):
    """Who came and went in one zone x interval x class.

    Births and deaths are tracks that begin or end inside, ``gaps`` those deaths that a birth inside
    continues, ``gap_s`` the time missing between them. ``stationary_s`` is time of stops. Gaps and
    stops count where they begin.
    """

    recording_id = dy.String(primary_key=True)
    zone_id = dy.String(primary_key=True)
    interval_start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    road_user = dy.Enum([r.value for r in ROAD_USERS], primary_key=True)
    entries = dy.Int64(min=0)
    exits = dy.Int64(min=0)
    births = dy.Int64(min=0)
    deaths = dy.Int64(min=0)
    gaps = dy.Int64(min=0)
    gap_s = dy.Float64(min=0.0)
    stationary_s = dy.Float64(min=0.0)


def dwell(visits: dy.DataFrame[Visits]) -> dy.DataFrame[Dwell]:
    """Counts stays and stops by duration; no track remains."""
    duration_s = (visits["end_utc"] - visits["start_utc"]).dt.total_microseconds().to_numpy() / 1e6
    upper = DURATION_CLASSES_S[np.searchsorted(DURATION_CLASSES_S, duration_s).clip(max=len(DURATION_CLASSES_S) - 1)]
    started = pl.col("is_start_seen")
    return Dwell.validate(
        visits.with_columns(
            interval_start_utc=pl.col("start_utc").dt.truncate(INTERVAL), up_to_s=pl.Series(upper, dtype=pl.Float64)
        )
        .group_by(Dwell.primary_key())
        .agg(
            ended=(started & pl.col("is_end_seen")).sum().cast(pl.Int64),
            censored=(started & ~pl.col("is_end_seen")).sum().cast(pl.Int64),
            start_unseen=(~started).sum().cast(pl.Int64),
        )
        .sort(Dwell.primary_key())
        .select(Dwell.column_names())
    )


def zone_balance(visits: dy.DataFrame[Visits]) -> dy.DataFrame[ZoneBalance]:
    """Sums entries, exits, births, deaths, gaps and stops over zones, quarter-hours and classes."""
    stays, stops = visits.filter(kind="presence"), visits.filter(kind="stationary")
    gaps = stays.with_columns(gap_s=gaps_s(stays))
    events = [
        _events(stays.filter("is_start_seen"), "start_utc", "entries", pl.lit(1)),
        _events(stays.filter("is_end_seen"), "end_utc", "exits", pl.lit(1)),
        _events(stays.filter("is_birth"), "start_utc", "births", pl.lit(1)),
        _events(stays.filter("is_death"), "end_utc", "deaths", pl.lit(1)),
        _events(gaps.drop_nulls("gap_s"), "end_utc", "gaps", pl.lit(1)),
        _events(gaps.drop_nulls("gap_s"), "end_utc", "gap_s", pl.col("gap_s")),
        _events(stops, "start_utc", "stationary_s", pl.col("inside_s")),
    ]
    sums = pl.concat(events).pivot("event", index=list(_KEYS), values="amount", aggregate_function="sum")
    absent = [pl.lit(0.0).alias(e) for e in ZoneBalance.column_names() if e not in sums.columns]
    return ZoneBalance.validate(
        sums.with_columns(absent).fill_null(0.0).sort(_KEYS).select(ZoneBalance.column_names()), cast=True
    )


def _events(rows: pl.DataFrame, time: str, event: str, amount: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "recording_id",
        "zone_id",
        pl.col(time).dt.truncate(INTERVAL).alias("interval_start_utc"),
        "road_user",
        event=pl.lit(event),
        amount=amount.cast(pl.Float64),
    )


def gaps_s(stays: pl.DataFrame) -> pl.Series:
    """Length of the gap after each stay that ends in a death (n,), NULL where no birth continues it.

    A death and a birth of the same recording, zone and class are paired, nearest first, if the mean
    of their velocities leads from one to the other. No appearance is compared, and the pairing is
    kept nowhere.
    """
    group = stays.select(pl.struct("recording_id", "zone_id", "road_user").rank("dense")).to_series().to_numpy()
    deaths, births = (np.flatnonzero(stays[column].to_numpy()) for column in ("is_death", "is_birth"))
    died_us, at_m, v_m_s = _ends(stays, "end", deaths)
    born_us, next_at_m, next_v_m_s = _ends(stays, "start", births)
    d, b = _soon_after(group[deaths], died_us, group[births], born_us)
    wait_s = (born_us[b] - died_us[d]) / 1e6
    miss_m = np.hypot(*(next_at_m[b] - at_m[d] - (v_m_s[d] + next_v_m_s[b]) / 2 * wait_s[:, None]).T)
    miss = miss_m / (GAP_REACH_M + GAP_REACH_M_S * wait_s)
    nearest = np.lexsort([wait_s, miss])[: (miss <= 1).sum()]
    gap: list[float | None] = [None] * len(stays)
    taken: set[int] = set()
    for death, birth, wait in zip(
        deaths[d[nearest]].tolist(), b[nearest].tolist(), wait_s[nearest].tolist(), strict=True
    ):
        if gap[death] is None and birth not in taken:
            gap[death] = wait
            taken.add(birth)
    return pl.Series("gap_s", gap, dtype=pl.Float64)


def _soon_after(death_group: Ints, died_us: Ints, birth_group: Ints, born_us: Ints) -> tuple[Ints, Ints]:
    """Pairs of a death and a birth of one group that may be the two sides of a gap."""
    pairs = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for group in np.unique(death_group):
        d, b = np.flatnonzero(death_group == group), np.flatnonzero(birth_group == group)
        b = b[np.argsort(born_us[b], kind="stable")]
        first = np.searchsorted(born_us[b], died_us[d])
        found = np.searchsorted(born_us[b], died_us[d] + round(GAP_S * 1e6), side="right") - first
        nth = np.arange(found.sum()) - np.repeat(np.cumsum(found) - found, found)
        pairs.append((np.repeat(d, found), b[np.repeat(first, found) + nth]))
    d, b = (np.concatenate(column) for column in zip(*pairs, strict=True))
    return d, b


def _ends(stays: pl.DataFrame, end: str, rows: Ints) -> tuple[Ints, Floats, Floats]:
    """Time, place and velocity of the starts or ends of some stays."""
    at = stays[rows]
    return (
        at[f"{end}_utc"].dt.epoch("us").to_numpy(),
        at.select(f"{end}_x_m", f"{end}_y_m").to_numpy(),
        at.select(f"{end}_vx_m_s", f"{end}_vy_m_s").to_numpy(),
    )


@dataclass(frozen=True)
class Survival:
    """Share of stays that last longer than each duration (product-limit estimate).

    Attributes:
        time_s: durations at which stays end, rising (n,).
        share: that last longer (n,), with its 95 % interval (log-log) lo95, hi95.
    """

    time_s: Floats
    share: Floats
    lo95: Floats
    hi95: Floats

    def quantile_s(self, quantile: float) -> float:
        """The shortest duration that at least this share of stays does not exceed; NaN if it is not reached."""
        reached = np.flatnonzero(self.share <= 1 - quantile + 1e-12)
        return float(self.time_s[reached[0]]) if len(reached) else float("nan")

    def quantile_interval_s(self, quantile: float) -> tuple[float, float]:
        """95 % interval of a quantile: where the ends of the curve's interval reach it; NaN if they do not."""
        ends = (Survival(self.time_s, side, side, side).quantile_s(quantile) for side in (self.lo95, self.hi95))
        shortest, longest = ends
        return shortest, longest

    def restricted_mean_s(self) -> float:
        """Area under the curve up to the last end seen: the mean if no stay outlasts it."""
        return float(np.sum(np.diff(np.r_[0.0, self.time_s]) * np.r_[1.0, self.share[:-1]]))


def kaplan_meier(duration_s: Floats, is_censored: NDArray[np.bool_]) -> Survival:
    """Product-limit estimate (Kaplan and Meier 1958) of stays whose start was seen.

    Args:
        duration_s: as long as was seen (n,).
        is_censored: whether the stay outlasted that (n,).

    Raises:
        ValueError: if no stay was seen to its end.
    """
    from scipy.stats import CensoredData, ecdf

    if len(duration_s) == 0 or is_censored.all():
        raise ValueError("no stay was seen from start to end. Nothing can be said about durations.")
    found = ecdf(CensoredData(uncensored=duration_s[~is_censored], right=duration_s[is_censored])).sf
    with warnings.catch_warnings():
        # Where nobody or everybody is left the interval is undefined, which NaN says.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = found.confidence_interval(method="log-log")
    at_end = np.isin(found.quantiles, duration_s[~is_censored])
    columns = (found.quantiles, found.probabilities, interval.low.probabilities, interval.high.probabilities)
    return Survival(*(np.asarray(column)[at_end] for column in columns))


def littles_dwell_s(presence_s: float, gap_s: float, entries: int, births: int, gaps: int) -> float:
    """Mean time in a zone by Little's law, W = L / lambda; holds where as many come as go.

    L counts time seen and time in gaps. Who came in are entries and those births that no track inside
    precedes: they came in unseen. NaN if nobody came.
    """
    came = entries + births - gaps
    return (presence_s + gap_s) / came if came > 0 else float("nan")


def unexplained_share(births: int, deaths: int, entries: int, exits: int) -> float:
    """Tracks that begin or end inside per one that comes or goes: 0 is a perfect tracker, NaN no traffic."""
    return (births + deaths) / (entries + exits) if entries + exits else float("nan")
