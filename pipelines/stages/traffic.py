"""SPEEDS, QUEUES, DISCHARGES and CONFLICTS of a recording, and what they contribute to the warehouse."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from geo.conflicts import Conflicts, find_conflicts, locate
from geo.crossings import Crossings
from geo.discharge import Discharges, discharge
from geo.queues import Queues, measure_queues
from geo.site import Site
from geo.speeds import Speeds, sum_speeds
from geo.trajectories import Trajectories
from pipelines.lake import Lake, RecordingKey
from pipelines.warehouse.connection import Session

TABLES: dict[str, type[dy.Schema]] = {
    "speeds": Speeds,
    "queues": Queues,
    "discharges": Discharges,
    "conflicts": Conflicts,
}
FACTS = ("speed", "queue", "discharge", "conflict")


def measure_traffic(
    trajectories: dy.DataFrame[Trajectories], crossings: dy.DataFrame[Crossings], site: Site, camera_id: str
) -> dict[str, pl.DataFrame]:
    """The rows of every table of ``TABLES`` for one recording."""
    return {
        "speeds": sum_speeds(crossings, trajectories, site.unmeasurable(camera_id)),
        "queues": measure_queues(trajectories, site.zones_of(camera_id, "queue")),
        "discharges": discharge(crossings, trajectories, site.lines_of(camera_id, "ground")),
        "conflicts": find_conflicts(trajectories),
    }


def insert_traffic(session: Session, key: RecordingKey, site: Site, lake: Lake) -> None:
    """Adds what a recording contributes; conflicts leave the lake as numbers of them only."""
    speeds, queues, discharges = (lake.open(TABLES[name], name, key) for name in ("speeds", "queues", "discharges"))
    unmeasurable = pl.lit(site.unmeasurable(key.camera_id), pl.String).alias("unmeasurable")
    conflicts = lake.open(Conflicts, "conflicts", key)
    zones = [zone for zone in site.zones if zone.camera_id == key.camera_id]
    counted = {
        "speed": speeds,
        "queue": queues.with_columns(unmeasurable),
        "discharge": discharges,
        "conflict": conflicts.with_columns(unmeasurable, zone_id=locate(conflicts, zones)),
    }
    for fact in FACTS:
        session.insert(f"insert_{fact}_contributions", counted[fact].with_columns(pl.col(pl.Enum).cast(pl.String)))
