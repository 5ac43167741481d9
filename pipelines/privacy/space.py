"""The planner tier's tables of zones: how crowded they are, and how long people stay."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from geo.visits import KINDS
from pipelines.privacy import columns

_PLACED = "in which road users were placed on the ground"
_BIRTHS = "Tracks that began inside: people who came in unseen, or whom the tracker had lost."
_DEATHS = "Tracks that ended inside: people who left unseen, or whom the tracker lost."


class ZoneOccupancy(dy.Schema):
    """Density, flow and velocity per zone, class and quarter-hour (Edie 1963), of the observed part."""

    site_id = columns.site()
    zone_id = columns.text("The zone; see zones.", primary_key=True)
    road_user = columns.road_user()
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    presence_s = columns.number(
        "Seconds spent in the zone, summed over road users. Empty: not observed.", min=0, nullable=True
    )
    stationary_s = columns.number(
        "Seconds of stops (below 0.5 m/s for 2 s or longer) that began in it.", min=0, nullable=True
    )
    density_per_m2 = columns.number(
        "Mean density in 1/m2: time spent over area and observed time.", min=0, nullable=True
    )
    voronoi_density_per_m2 = columns.number(
        "Voronoi density in 1/m2, the mean of looks a second apart, by pedestrians. Empty: other classes, or loaded "
        "before it was measured.",
        min=0,
        nullable=True,
    )
    peak_density_per_m2 = columns.number(
        "Most pedestrians in the zone at one of these looks, over its area, in 1/m2; empty where that is.",
        min=0,
        nullable=True,
    )
    flow_x_per_m_s = columns.number("Flow to the east in 1/(m s): way gone over area and observed time.", nullable=True)
    flow_y_per_m_s = columns.number("Flow to the north in 1/(m s).", nullable=True)
    scalar_flow_per_m_s = columns.number(
        "Flow whichever way it leads in 1/(m s): length of way over the same.", min=0, nullable=True
    )
    velocity_x_m_s = columns.number(
        "Mean velocity to the east in m/s: flow over density. Empty where nobody was.", nullable=True
    )
    velocity_y_m_s = columns.number("Mean velocity to the north in m/s.", nullable=True)
    speed_m_s = columns.number("Mean speed in m/s: scalar flow over density.", min=0, nullable=True)
    directional_order = columns.number(
        "Length of the flow over scalar flow: 1 all go one way, 0 ways cancel.", min=0, max=1, nullable=True
    )
    entries = columns.whole("Times somebody came in; back within 2 s is no coming in.", nullable=True)
    exits = columns.whole("Times somebody left.", nullable=True)
    births = columns.whole(_BIRTHS, nullable=True)
    deaths = columns.whole(_DEATHS, nullable=True)
    coverage = columns.coverage("quarter-hour", _PLACED)
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()

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

    site_id = columns.site()
    zone_id = columns.text("The zone; see zones.", primary_key=True)
    road_user = columns.road_user()
    kind = columns.text("presence: stays in the zone. stationary: stops in it.", list(KINDS), primary_key=True)
    interval_start_utc = columns.time_utc("Start of the local hour, in UTC.", primary_key=True)
    interval_start_local = columns.time_local()
    ended = columns.whole("Stays or stops seen from start to end. Empty: not observed.", nullable=True)
    censored = columns.whole("Those seen from their start whose end was not seen: they lasted longer.", nullable=True)
    start_unseen = columns.whole("Those whose start was not seen; the curve leaves them out.", nullable=True)
    p25_s = columns.number(
        "Duration in seconds that a quarter does not exceed (Kaplan-Meier). Empty: not reached.", min=0, nullable=True
    )
    median_s = columns.number(
        "Duration in seconds that half does not exceed (Kaplan-Meier). Empty: not reached.", min=0, nullable=True
    )
    median_lo95_s = columns.number("Lower end of the median's 95 % interval (log-log).", min=0, nullable=True)
    median_hi95_s = columns.number("Upper end of the median's 95 % interval. Empty: open.", min=0, nullable=True)
    p75_s = columns.number(
        "Duration in seconds that three quarters do not exceed. Empty: not reached.", min=0, nullable=True
    )
    mean_s = columns.number(
        "Mean seconds per person who came, by Little's law from time spent. Empty: nobody came.", min=0, nullable=True
    )
    births = columns.whole(_BIRTHS, nullable=True)
    deaths = columns.whole(_DEATHS, nullable=True)
    unexplained_share = columns.number(
        "Births and deaths per entry and exit: 0 is perfect tracking, 1 and more poor.", min=0, nullable=True
    )
    coverage = columns.coverage("hour", _PLACED)
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()

    @dy.rule()
    def unobserved_is_empty(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("coverage") > 0) == pl.col("ended").is_not_null()


class LevelOfService(dy.Schema):
    """Letter of crowding per zone, standard and observed quarter-hour, by the mean density or flow of pedestrians."""

    site_id = columns.site()
    zone_id = columns.text("The zone; see zones.", primary_key=True)
    standard = columns.text("The standard that gives the letter; see service_levels.", primary_key=True)
    interval_start_utc = columns.start_utc()
    interval_start_local = columns.time_local()
    density_per_m2 = columns.number("Mean density of pedestrians in 1/m2.", min=0)
    flow_per_min_m = columns.number("Pedestrians per minute and metre of width, whichever way.", min=0)
    letter = columns.text("The letter; only ever to be shown with its standard.")
    is_at_least = columns.flag("Whether people merge in the picture: this letter or a worse one.")
    letter_probability = columns.number(
        "Probability of the letter; empty, see probability_status.", min=0, max=1, nullable=True
    )
    probability_status = columns.text("Why it is empty: 'not validated' until hand counts exist.")
    coverage = columns.coverage("quarter-hour", _PLACED)
    status = columns.status()
    revision = columns.revision()
    detector = columns.detector()
    site_version = columns.site_version()
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()


class ServiceLevels(dy.Schema):
    """Letters of level of service and their bounds, by standard."""

    standard = columns.text("The standard.", primary_key=True)
    rank = columns.small("1 is the best letter.", min=1, primary_key=True)
    letter = columns.text("The letter.")
    quantity = columns.text("What it grades.", ["space", "flow"])
    up_to_per_m2 = columns.number(
        "Density in 1/m2 up to which it holds. Empty: the worst letter, or one of flow.", min=0, nullable=True
    )
    up_to_per_min_m = columns.number(
        "Flow in 1/(min m) up to which it holds. Empty: the worst letter, or one of space.", min=0, nullable=True
    )
    includes_bound = columns.flag("Whether it holds on the bound itself.")
    is_verified = columns.flag("Whether all bounds were read in the standard or a quotation.")
    limit_per_m2 = columns.number("Density in 1/m2 from which the letter is 'or worse'.")


class Zones(dy.Schema):
    """Zones and what they are for."""

    zone_id = columns.text("The zone.", primary_key=True)
    site_id = columns.site()
    camera_id = columns.text("The camera that watches it.")
    name = columns.text("What people call it.")
    purpose = columns.text("What it is for: presence, queue, waiting, restricted or entrance.")
    area_m2 = columns.number("Its area in m2.", min=0)
    outline_m = columns.text("Its corners in local metres, a JSON list of [x, y].")
    outline_lonlat = columns.text("Its corners in WGS84, a JSON list of [longitude, latitude].")
    calibration_note = columns.note()
    is_simulated = columns.is_simulated()


PER_DAY: dict[str, type[dy.Schema]] = {
    "zone_occupancy": ZoneOccupancy,
    "level_of_service": LevelOfService,
    "dwell": Dwell,
}
DIMENSIONS: dict[str, type[dy.Schema]] = {"zones": Zones, "service_levels": ServiceLevels}
