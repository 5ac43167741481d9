"""Every table of the lake with its contract, in the order of the stream."""

from __future__ import annotations

import dataframely as dy

from detectors.tracks import Tracks
from geo.crossings import Crossings
from geo.movements import Movements
from geo.occupancy import Occupancy
from geo.stitching import Stitches
from geo.trajectories import Trajectories
from pipelines.stages import drift, georeference, ingest, measure, space, track, traffic
from pipelines.stages.expiries import TABLE as EXPIRIES
from pipelines.stages.expiries import Expiries

LAKE_TABLES: dict[str, type[dy.Schema]] = {
    ingest.TABLE: ingest.Recordings,
    track.TABLE: Tracks,
    track.REPORTS: track.TrackingReports,
    georeference.TABLE: Trajectories,
    georeference.STITCHES: Stitches,
    drift.TABLE: drift.CameraDrift,
    drift.LANDMARKS: drift.Landmarks,
    measure.TABLE: Crossings,
    measure.MOVEMENTS: Movements,
    measure.OCCUPANCY: Occupancy,
    **traffic.TABLES,
    **space.TABLES,
    EXPIRIES: Expiries,
}

# What tells of a recording and its camera, not of anybody in it.
_ABOUT_THE_RECORDING = (ingest.TABLE, track.REPORTS, drift.TABLE, drift.LANDMARKS, EXPIRIES)

PER_ROAD_USER = tuple(table for table in LAKE_TABLES if table not in _ABOUT_THE_RECORDING)
