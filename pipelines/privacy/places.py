"""The planner tier's tables of what numbers are about: sites, lines, junctions, and what happened there."""

from __future__ import annotations

import dataframely as dy

from pipelines.privacy import columns


class Sites(dy.Schema):
    """Sites and where their local metres begin."""

    site_id = columns.site()
    name = columns.text("What people call it.")
    time_zone = columns.text("IANA time zone of its local times.")
    crs = columns.text("CRS of its local metres; empty: not georeferenced.", nullable=True)
    origin_lon = columns.number("Longitude of the origin, WGS84.", nullable=True)
    origin_lat = columns.number("Latitude of the origin, WGS84.", nullable=True)
    is_simulated = columns.is_simulated("Whether its footage is rendered and not filmed.")
    site_version = columns.text("Version of the site's files.")
    overlapping_views = columns.text(
        "Cameras that see some of the same ground: never add up what they count. Empty: none.", nullable=True
    )


class CountingLines(dy.Schema):
    """Counting lines and what people call their directions."""

    line_id = columns.text("The counting line.", primary_key=True)
    site_id = columns.site()
    camera_id = columns.text("The camera that counts on it.")
    name = columns.text("What people call it.")
    space = columns.text("image: drawn in pixels, no speeds. ground: drawn in metres.")
    forward = columns.text("What people call the forward direction.")
    backward = columns.text("What people call the backward direction.")
    path_wkt = columns.text("Its corners from start to end as a WKT LINESTRING, in pixels (y down) or local metres.")
    path_lonlat_wkt = columns.text("The same in WGS84, longitude first; empty for lines in pixels.", nullable=True)
    calibration_note = columns.note("What must be known about metres behind its numbers.")
    is_simulated = columns.is_simulated("Whether its footage is rendered and not filmed.")


class Junctions(dy.Schema):
    """Junctions and their gates."""

    junction_id = columns.text("The junction.", primary_key=True)
    site_id = columns.site()
    camera_id = columns.text("The camera that sees it.")
    name = columns.text("What people call it.")
    gates = columns.text("Its gates, by line_id, separated by commas; see counting_lines.")
    calibration_note = columns.note("What must be known about metres behind its numbers.")
    is_simulated = columns.is_simulated("Whether its footage is rendered and not filmed.")


class Annotations(dy.Schema):
    """What to know about a site beside its numbers: events, holidays, outages."""

    site_id = columns.site()
    kind = columns.text("closure, intervention, outage, market day or a holiday.", primary_key=True)
    start_utc = columns.time_utc("Start, UTC.", primary_key=True)
    start_local = columns.time_local()
    end_utc = columns.time_utc("First moment after it, UTC. Empty: stays.", nullable=True)
    end_local = columns.time_local("The same in the site's local time.", nullable=True)
    text = columns.text("What it is.", primary_key=True)
    is_simulated = columns.flag("Whether it never happened and belongs to a simulation.")


class Weather(dy.Schema):
    """Weather of a site by the hour, where it is known."""

    site_id = columns.site()
    hour_start_utc = columns.time_utc("Start of the hour, UTC.", primary_key=True)
    hour_start_local = columns.time_local()
    temperature_c = columns.number("Air temperature in degrees Celsius.")
    precipitation_mm = columns.number("Precipitation in the hour in millimetres.", min=0)
    is_simulated = columns.flag("Whether it is invented and was not measured.")


DIMENSIONS: dict[str, type[dy.Schema]] = {
    "sites": Sites,
    "counting_lines": CountingLines,
    "junctions": Junctions,
}
CONTEXT: dict[str, type[dy.Schema]] = {"annotations": Annotations, "weather": Weather}
