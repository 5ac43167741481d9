"""The planner tier's tables of zones: how crowded they are, and how long people stay."""

from __future__ import annotations

from typing import Any

import dataframely as dy
import polars as pl

from detectors.road_users import ROAD_USERS
from geo.visits import KINDS


def _text(description: str, values: list[str] | None = None, **more: Any) -> dy.String:  # noqa: ANN401
    check = (lambda c: c.is_in(values)) if values else None
    return dy.String(check=check, metadata={"description": description}, **more)


def _number(description: str, **more: Any) -> dy.Float64:  # noqa: ANN401
    return dy.Float64(nullable=True, metadata={"description": description}, **more)


def _whole(description: str) -> dy.Int64:
    return dy.Int64(nullable=True, min=0, metadata={"description": description})


def _time(description: str, *, is_key: bool = False, zone: str | None = None) -> dy.Datetime:
    return dy.Datetime(time_unit="us", time_zone=zone, primary_key=is_key, metadata={"description": description})


def _coverage(interval: str) -> dy.Float64:
    described = {"description": f"Share of the {interval} in which road users were placed on the ground, 0 to 1."}
    return dy.Float64(min=0, max=1.000001, metadata=described)


def _road_user() -> dy.String:
    return _text("Class of road user, by vote over its track.", [r.value for r in ROAD_USERS], primary_key=True)


def _simulated() -> dy.Bool:
    return dy.Bool(metadata={"description": "Whether the footage was rendered and not filmed."})


_NOTE = "What must be known about metres behind this number."
_BIRTHS = "Tracks that began inside: people who came in unseen, or whom the tracker had lost."
_DEATHS = "Tracks that ended inside: people who left unseen, or whom the tracker lost."


class ZoneOccupancy(dy.Schema):
    """Density, flow and velocity per zone, class and quarter-hour (Edie 1963), of the observed part."""

    site_id = _text("The site.", primary_key=True)
    zone_id = _text("The zone; see zones.", primary_key=True)
    road_user = _road_user()
    interval_start_utc = _time("Start of the quarter-hour, UTC.", is_key=True, zone="UTC")
    interval_start_local = _time("The same in the site's local time.")
    presence_s = _number("Seconds spent in the zone, summed over road users. Empty: not observed.", min=0)
    stationary_s = _number("Seconds of stops (below 0.5 m/s for 2 s or longer) that began in it.", min=0)
    density_per_m2 = _number("Mean density in 1/m2: time spent over area and observed time.", min=0)
    flow_x_per_m_s = _number("Flow to the east in 1/(m s): way gone over area and observed time.")
    flow_y_per_m_s = _number("Flow to the north in 1/(m s).")
    scalar_flow_per_m_s = _number("Flow whichever way it leads in 1/(m s): length of way over the same.", min=0)
    velocity_x_m_s = _number("Mean velocity to the east in m/s: flow over density. Empty where nobody was.")
    velocity_y_m_s = _number("Mean velocity to the north in m/s.")
    speed_m_s = _number("Mean speed in m/s: scalar flow over density.", min=0)
    directional_order = _number("Length of the flow over scalar flow: 1 all go one way, 0 ways cancel.", min=0, max=1)
    entries = _whole("Times somebody came in; back within 2 s is no coming in.")
    exits = _whole("Times somebody left.")
    births = _whole(_BIRTHS)
    deaths = _whole(_DEATHS)
    coverage = _coverage("quarter-hour")
    calibration_note = _text(_NOTE, nullable=True)
    is_simulated = _simulated()

    @dy.rule()
    def unobserved_is_empty(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("coverage") > 0) == pl.col("presence_s").is_not_null()

    @dy.rule()
    def flow_is_density_times_velocity(cls) -> pl.Expr:  # noqa: N805
        return _is_product("x") & _is_product("y")


def _is_product(axis: str) -> pl.Expr:
    flow, product = pl.col(f"flow_{axis}_per_m_s"), pl.col("density_per_m2") * pl.col(f"velocity_{axis}_m_s")
    return ((flow - product).abs() <= 1e-9 * (1 + flow.abs())).fill_null(value=True)


class Dwell(dy.Schema):
    """How long people stayed and stood per zone, class and hour in which they came."""

    site_id = _text("The site.", primary_key=True)
    zone_id = _text("The zone; see zones.", primary_key=True)
    road_user = _road_user()
    kind = _text("presence: stays in the zone. stationary: stops in it.", list(KINDS), primary_key=True)
    interval_start_utc = _time("Start of the local hour, in UTC.", is_key=True, zone="UTC")
    interval_start_local = _time("The same in the site's local time.")
    ended = _whole("Stays or stops seen from start to end. Empty: not observed.")
    censored = _whole("Those seen from their start whose end was not seen: they lasted longer.")
    start_unseen = _whole("Those whose start was not seen; the curve leaves them out.")
    p25_s = _number("Duration in seconds that a quarter does not exceed (Kaplan-Meier). Empty: not reached.", min=0)
    median_s = _number("Duration in seconds that half does not exceed (Kaplan-Meier). Empty: not reached.", min=0)
    median_lo95_s = _number("Lower end of the median's 95 % interval (log-log).", min=0)
    median_hi95_s = _number("Upper end of the median's 95 % interval. Empty: open.", min=0)
    p75_s = _number("Duration in seconds that three quarters do not exceed. Empty: not reached.", min=0)
    mean_s = _number("Mean seconds per person who came, by Little's law from time spent. Empty: nobody came.", min=0)
    births = _whole(_BIRTHS)
    deaths = _whole(_DEATHS)
    unexplained_share = _number("Births and deaths per entry and exit: 0 is perfect tracking, 1 and more poor.", min=0)
    coverage = _coverage("hour")
    calibration_note = _text(_NOTE, nullable=True)
    is_simulated = _simulated()

    @dy.rule()
    def unobserved_is_empty(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("coverage") > 0) == pl.col("ended").is_not_null()


class LevelOfService(dy.Schema):
    """Letter of crowding per zone, standard and observed quarter-hour, by the mean density of pedestrians."""

    site_id = _text("The site.", primary_key=True)
    zone_id = _text("The zone; see zones.", primary_key=True)
    standard = _text("The standard that gives the letter; see service_levels.", primary_key=True)
    interval_start_utc = _time("Start of the quarter-hour, UTC.", is_key=True, zone="UTC")
    interval_start_local = _time("The same in the site's local time.")
    density_per_m2 = dy.Float64(min=0, metadata={"description": "Mean density of pedestrians in 1/m2."})
    letter = _text("The letter; only ever to be shown with its standard.")
    is_at_least = dy.Bool(metadata={"description": "Whether people merge in the picture: this letter or a worse one."})
    letter_probability = _number("Probability of the letter; empty, see probability_status.", min=0, max=1)
    probability_status = _text("Why it is empty: 'not validated' until hand counts exist.")
    coverage = _coverage("quarter-hour")
    calibration_note = _text(_NOTE, nullable=True)
    is_simulated = _simulated()


class ServiceLevels(dy.Schema):
    """Letters of level of service and their bounds, by standard."""

    standard = _text("The standard.", primary_key=True)
    rank = dy.Int32(min=1, primary_key=True, metadata={"description": "1 is the best letter."})
    letter = _text("The letter.")
    up_to_per_m2 = _number("Density in 1/m2 up to which it holds. Empty: the worst letter.", min=0)
    includes_bound = dy.Bool(metadata={"description": "Whether it holds on the bound itself."})
    is_verified = dy.Bool(metadata={"description": "Whether all bounds were read in the standard or a quotation."})
    limit_per_m2 = dy.Float64(metadata={"description": "Density in 1/m2 from which the letter is 'or worse'."})


class Zones(dy.Schema):
    """Zones and what they are for."""

    zone_id = _text("The zone.", primary_key=True)
    site_id = _text("The site.", primary_key=True)
    camera_id = _text("The camera that watches it.")
    name = _text("What people call it.")
    purpose = _text("What it is for: presence, queue, waiting, restricted or entrance.")
    area_m2 = dy.Float64(min=0, metadata={"description": "Its area in m2."})
    outline_m = _text("Its corners in local metres, a JSON list of [x, y].")
    outline_lonlat = _text("Its corners in WGS84, a JSON list of [longitude, latitude].")
    calibration_note = _text(_NOTE, nullable=True)
    is_simulated = _simulated()


PER_DAY: dict[str, type[dy.Schema]] = {
    "zone_occupancy": ZoneOccupancy,
    "level_of_service": LevelOfService,
    "dwell": Dwell,
}
DIMENSIONS: dict[str, type[dy.Schema]] = {"zones": Zones, "service_levels": ServiceLevels}
