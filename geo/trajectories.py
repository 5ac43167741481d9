"""TRAJECTORIES: one position of one road user, in site-local metres, with its error."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from detectors.road_users import ROAD_USERS


class Trajectories(dy.Schema):
    """One position of one road user: the middle of its footprint.

    Positions and velocities are smoothed over the whole track; variances in m2 are those of the
    smoothed position, and ``sigma_speed_m_s`` is the standard deviation of the speed. x points east
    and y north from the site's origin. ``is_trusted`` says that the position lies inside the hull of
    the control points, outside of which the ground plane is extrapolated. ``is_contact_seen`` says
    that the place where the road user touches the ground was in view; where it was cut off or hidden,
    the position was told from the rest of the box.
    """

    recording_id = dy.String(primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    time_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    x_m = dy.Float64(allow_inf=False, allow_nan=False)
    y_m = dy.Float64(allow_inf=False, allow_nan=False)
    var_x_m2 = dy.Float64(min=0.0)
    cov_xy_m2 = dy.Float64()
    var_y_m2 = dy.Float64(min=0.0)
    vx_m_s = dy.Float64(allow_inf=False, allow_nan=False)
    vy_m_s = dy.Float64(allow_inf=False, allow_nan=False)
    sigma_speed_m_s = dy.Float64(min=0.0)
    is_trusted = dy.Bool()
    is_contact_seen = dy.Bool()
    road_user = dy.Enum([r.value for r in ROAD_USERS])

    @dy.rule()
    def covariance_is_positive(cls) -> pl.Expr:  # noqa: N805
        return pl.col("var_x_m2") * pl.col("var_y_m2") * (1 + 1e-9) + 1e-12 >= pl.col("cov_xy_m2") ** 2
