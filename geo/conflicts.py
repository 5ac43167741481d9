"""CONFLICTS: one pair of road users that came close to colliding, once.

Surrogate safety by the footprints of both: time to collision (TTC), post-encroachment time (PET) and
deceleration rate to avoid a crash (DRAC), each with what the error of positions makes of it. Types by
the angle between the headings, as in FHWA's SSAM 3. Conflicts rank places and times; they are no
count of crashes. TTC takes it that nobody turns or brakes, so it is weak for pedestrians and where ways
cross; PET is not. Pedestrians among themselves have no conflicts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import dataframely as dy
import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray
from scipy.special import ndtr

from detectors.road_users import ROAD_USERS, RoadUser
from geo.bodies import SIZES_M
from geo.footprints import Bodies, approach, may_pass, passing
from geo.resampling import resample
from geo.site import Zone
from geo.trajectories import Trajectories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KINDS = ("crossing", "lane_change", "rear_end")
# What is looked at (SSAM's maximum for PET), and what counts as critical.
TTC_LIMIT_S, PET_LIMIT_S = 3.0, 5.0
TTC_CRITICAL_S = PET_CRITICAL_S = 1.5
REAR_END_BELOW_DEG, CROSSING_ABOVE_DEG = 30.0, 80.0
SIGMA_LIMIT_M = 0.5
STEP_S = 0.2
STANDING_M_S = 0.5


class Conflicts(dy.Schema):
    """One pair of road users with a TTC of at most 3 s or a PET of at most 5 s.

    ``road_user`` is the one that comes first in the list of classes, whoever went first. Times are
    the least of the encounter; probabilities are those of being below 1.5 s, given that the paths
    meet. Where the position of one is known to no better than 0.5 m they are no measurement.
    """

    recording_id = dy.String(primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    other_track_id = dy.UInt32(primary_key=True)
    time_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    x_m = dy.Float64(allow_inf=False, allow_nan=False)
    y_m = dy.Float64(allow_inf=False, allow_nan=False)
    road_user = dy.Enum([r.value for r in ROAD_USERS])
    other_road_user = dy.Enum([r.value for r in ROAD_USERS])
    kind = dy.Enum(list(KINDS))
    angle_deg = dy.Float64(min=0.0, max=180.0)
    speed_m_s = dy.Float64(min=0.0)
    other_speed_m_s = dy.Float64(min=0.0)
    ttc_s = dy.Float64(nullable=True, min=0.0)
    sigma_ttc_s = dy.Float64(nullable=True, min=0.0)
    probability_ttc = dy.Float64(nullable=True, min=0.0, max=1.0)
    pet_s = dy.Float64(nullable=True, min=0.0)
    sigma_pet_s = dy.Float64(nullable=True, min=0.0)
    probability_pet = dy.Float64(nullable=True, min=0.0, max=1.0)
    drac_m_s2 = dy.Float64(nullable=True, min=0.0)
    is_overlap = dy.Bool()
    is_measurable = dy.Bool()


@dataclass(frozen=True)
class _Clock:
    """Everybody's positions on a common clock, sorted by track, then tick; rows are referred to by number."""

    rows: pl.DataFrame
    bodies: Bodies

    def values(self, name: str) -> NDArray[Any]:
        return self.rows[name].to_numpy()

    def position_m2(self, first: Ints, second: Ints) -> Floats:
        """Covariance of relative positions (n, 2, 2)."""
        xx, xy, yy = (self.values(c)[first] + self.values(c)[second] for c in ("var_x_m2", "cov_xy_m2", "var_y_m2"))
        return np.moveaxis(np.array([[xx, xy], [xy, yy]]), 2, 0)

    def velocity_m2_s2(self, first: Ints, second: Ints) -> Floats:
        """Covariance of relative velocities (n, 2, 2), the same in every direction."""
        variance = np.square(self.values("sigma_speed_m_s"))
        return np.asarray((variance[first] + variance[second])[:, None, None] * np.eye(2))


def find_conflicts(trajectories: dy.DataFrame[Trajectories]) -> dy.DataFrame[Conflicts]:
    """Finds the conflicts of one recording."""
    clock = _on_clock(trajectories)
    pairs = _collisions(clock).join(_passings(clock), on=["track", "other"], how="full", coalesce=True)
    is_near = (pl.col("ttc_s") <= TTC_LIMIT_S) | (pl.col("pet_s") <= PET_LIMIT_S)
    found = _described(pairs.filter(is_near), clock, trajectories)
    return Conflicts.validate(found.select(Conflicts.column_names()).sort("time_utc", "track_id", "other_track_id"))


def locate(conflicts: pl.DataFrame, zones: Iterable[Zone]) -> pl.Series:
    """The smallest zone each conflict lies in, by its name; "-" where it lies in none."""
    found = np.full(conflicts.height, "-", dtype=object)
    x, y = conflicts.select("x_m", "y_m").to_numpy().T
    outlines = sorted(((shapely.Polygon(z.outline_m), z.zone_id) for z in zones), key=lambda z: -z[0].area)
    for outline, zone_id in outlines:
        found[shapely.contains_xy(outline, x, y)] = zone_id
    return pl.Series("zone_id", found, dtype=pl.String)


def _on_clock(trajectories: dy.DataFrame[Trajectories]) -> _Clock:
    codes = {r.value: r.code for r in ROAD_USERS}
    rows = resample(trajectories, STEP_S).with_columns(
        track=pl.col("track_id").rle_id().cast(pl.Int64),
        code=pl.col("road_user").cast(pl.String).replace_strict(codes, return_dtype=pl.Int64),
        speed_m_s=(pl.col("vx_m_s") ** 2 + pl.col("vy_m_s") ** 2).sqrt(),
    )
    is_moving = pl.col("speed_m_s") > STANDING_M_S
    # Who stands keeps the heading with which it came or will leave.
    heading = [
        pl.when(is_moving)
        .then(pl.col(v) / pl.col("speed_m_s"))
        .forward_fill()
        .backward_fill()
        .over("track")
        .fill_null(at)
        for v, at in (("vx_m_s", 1.0), ("vy_m_s", 0.0))
    ]
    ahead = rows.select(heading).to_numpy()
    moving = rows.select(pl.when(is_moving).then(pl.col(v)).otherwise(0.0) for v in ("vx_m_s", "vy_m_s"))
    sizes = SIZES_M[rows["code"].to_numpy(), :2]
    return _Clock(rows, Bodies(rows.select("x_m", "y_m").to_numpy(), moving.to_numpy(), ahead, sizes))


def _near(clock: _Clock, end_m: Floats, slot: Ints, later: tuple[int, ...] = (0,)) -> tuple[Ints, Ints]:
    """Pairs of rows whose bodies may meet on the way from their place to ``end_m``.

    Args:
        clock: the positions.
        end_m: where each row's body ends (n, 2).
        slot: time slot of each row (n,); only rows of the same slot, or of one of the ``later`` ones, meet.
        later: by how many slots the second may come after the first.
    """
    from geo.meeting_kernel import find_meetings

    axes = np.broadcast_to(np.eye(2), (len(end_m), 2, 2))
    reach, start = clock.bodies.reach_m(axes), clock.bodies.centre_m
    low, high = np.minimum(start, end_m) - reach, np.maximum(start, end_m) + reach
    order = np.lexsort([low[:, 0], slot])
    is_walker = clock.values("code")[order] == RoadUser.PEDESTRIAN.code
    found = [
        find_meetings(low, high, slot, first, second, shift)
        for first, second in ((order[~is_walker], order), (order[is_walker], order[~is_walker]))
        for shift in later
    ]
    a, b = (np.concatenate(side) for side in zip(*found, strict=True))
    apart = clock.values("track")[a] != clock.values("track")[b]
    return a[apart], b[apart]


def _collisions(clock: _Clock) -> pl.DataFrame:
    """The least TTC of each pair; who walks up to a vehicle that stands is in no danger from it."""
    bodies = clock.bodies
    a, b = _near(clock, bodies.centre_m + TTC_LIMIT_S * bodies.velocity_m_s, clock.values("tick"))
    is_danger = bodies.velocity_m_s.any(axis=1) & (clock.values("code") != RoadUser.PEDESTRIAN.code)
    kept = (a < b) & (is_danger[a] | is_danger[b])
    a, b = a[kept], b[kept]
    met = approach(bodies[a], bodies[b])
    sigma = met.sigma_ttc_s(clock.position_m2(a, b), clock.velocity_m2_s2(a, b))
    values = {"ttc_s": met.ttc_s, "sigma_ttc_s": sigma, "drac_m_s2": met.drac_m_s2}
    pairs = _pairs(clock, a, b, "ttc", values).filter(pl.col("ttc_s") <= TTC_LIMIT_S)
    of_pair = pairs.group_by("track", "other").agg(pl.col("drac_m_s2").drop_nans().max())
    least = (
        pairs.drop("drac_m_s2")
        .sort("ttc_s", "ttc_late_row")
        .unique(["track", "other"], keep="first", maintain_order=True)
    )
    return least.join(of_pair, on=["track", "other"])


def _passings(clock: _Clock) -> pl.DataFrame:
    """The least PET of each pair, whoever goes first.

    Who follows another shares its way all along: both are inside the shared area at once, where PET is
    not defined and what could be measured is the headway. Only ways at an angle count.
    """
    tick, track = clock.values("tick"), clock.values("track")
    centre = clock.bodies.centre_m
    has_next = np.r_[(track[1:] == track[:-1]) & (tick[1:] == tick[:-1] + 1), False][: len(track)]
    end = np.where(has_next[:, None], np.r_[centre[1:], centre[-1:]], centre)
    longest = round(PET_LIMIT_S / STEP_S)
    a, b = _near(clock, end, tick // longest, later=(0, 1))
    in_time = has_next[a] & has_next[b] & (tick[b] >= tick[a]) & (tick[b] - tick[a] <= longest)
    kept = in_time & (_angle_deg(clock, a, b) >= REAR_END_BELOW_DEG)
    a, b = a[kept], b[kept]
    bodies = replace(clock.bodies, velocity_m_s=(end - centre) / STEP_S)
    near = may_pass(bodies[a], bodies[b], STEP_S)
    a, b = a[near], b[near]
    met = passing(bodies[a], bodies[b], (tick[b] - tick[a]) * STEP_S, STEP_S)
    values = {"pet_s": met.gap_s, "sigma_pet_s": met.sigma_s(clock.position_m2(a, b)), "second_s": met.second_s}
    pairs = _pairs(clock, a, b, "pet", values).filter(pl.col("pet_s") <= PET_LIMIT_S)
    return pairs.sort("pet_s", "pet_late_row").unique(["track", "other"], keep="first", maintain_order=True)


def _pairs(clock: _Clock, a: Ints, b: Ints, name: str, values: dict[str, Floats]) -> pl.DataFrame:
    """Rows of pairs and their values, the class that is listed first in front."""
    track = clock.values("track")
    rank = clock.values("code") * 2**32 + track
    first, second = np.where(rank[a] < rank[b], a, b), np.where(rank[a] < rank[b], b, a)
    keys = {"track": track[first], "other": track[second], f"{name}_row": first, f"{name}_other_row": second}
    return pl.DataFrame({**keys, f"{name}_late_row": b, **values})


def _described(pairs: pl.DataFrame, clock: _Clock, trajectories: pl.DataFrame) -> pl.DataFrame:
    """Where, when and of what kind: at the PET where there is one, else at the least TTC."""
    at = pairs.with_columns(
        row=pl.coalesce("pet_row", "ttc_row"),
        other_row=pl.coalesce("pet_other_row", "ttc_other_row"),
        late_row=pl.coalesce("pet_late_row", "ttc_late_row"),
        second_s=pl.col("second_s").fill_null(0.0),
        is_overlap=(pl.col("ttc_s") == 0).fill_null(False) | (pl.col("pet_s") == 0).fill_null(False),
    )
    row, other, late = (at[c].to_numpy() for c in ("row", "other_row", "late_row"))
    angle_deg = pl.Series(_angle_deg(clock, row, other))
    spread = np.linalg.eigvalsh(np.stack([clock.position_m2(r, r) / 2 for r in (row, other)], axis=1))
    late_us = (clock.values("tick")[late] * STEP_S + at["second_s"].to_numpy()) * 1e6
    here = clock.rows[row].select("track_id", "road_user", "speed_m_s")
    there = clock.rows[other].select(pl.col("track_id", "road_user", "speed_m_s").name.prefix("other_"))
    place = clock.rows[late].select("x_m", "y_m")
    return pl.concat([at, here, there, place], how="horizontal").with_columns(
        recording_id=pl.lit(trajectories["recording_id"].first() if len(trajectories) else None, pl.String),
        time_utc=pl.Series(late_us.round().astype(np.int64)).cast(pl.Datetime("us", "UTC")),
        angle_deg=angle_deg,
        kind=kind(angle_deg),
        probability_ttc=_below(TTC_CRITICAL_S, at["ttc_s"], at["sigma_ttc_s"]),
        probability_pet=_below(PET_CRITICAL_S, at["pet_s"], at["sigma_pet_s"]),
        is_measurable=pl.Series(np.sqrt(spread).max(axis=(1, 2)) <= SIGMA_LIMIT_M) & ~at["is_overlap"],
    )


def _angle_deg(clock: _Clock, first: Ints, second: Ints) -> Floats:
    cosine = np.einsum("ni,ni->n", clock.bodies.heading[first], clock.bodies.heading[second])
    return np.asarray(np.degrees(np.arccos(cosine.clip(-1, 1))))


def kind(angle_deg: pl.Series) -> pl.Series:
    """Type of a conflict by the angle between the headings: below 30 degrees rear-end, above 80 crossing."""
    angle = angle_deg.to_numpy()
    names = np.where(
        angle < REAR_END_BELOW_DEG, "rear_end", np.where(angle > CROSSING_ABOVE_DEG, "crossing", "lane_change")
    )
    return pl.Series("kind", names, dtype=pl.Enum(KINDS))


def _below(limit_s: float, value_s: pl.Series, sigma_s: pl.Series) -> pl.Series:
    """Probability (n,) of being below a limit; that of the value itself where it has no error."""
    value, sigma = value_s.to_numpy(), np.maximum(sigma_s.fill_nan(None).fill_null(0.0).to_numpy(), 1e-9)
    return pl.Series(ndtr((limit_s - value) / sigma)).fill_nan(None)
