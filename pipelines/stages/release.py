"""A new version of the released tables, if anything has changed."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from pipelines.audit import AuditLog
from pipelines.privacy.release import PLANNER, planner_release
from pipelines.publishing.store import publish, published_months
from pipelines.settings import Settings
from pipelines.stages.report import StageReport
from pipelines.warehouse.connection import Warehouse

TABLE = "release"


def release(warehouse: Warehouse, settings: Settings, audit: AuditLog) -> StageReport:
    """Releases every site's day whose checks passed to the planner tier.

    Args:
        warehouse: read where a month has changed.
        settings: where releases lie.
        audit: where a new version is noted.
    """
    began = time.perf_counter()
    with warehouse.read() as session:
        made = planner_release(session, datetime.now(UTC).date(), published_months(settings.released / PLANNER))
        published = publish(made, settings.released, audit)
    return StageReport(
        TABLE,
        published.rows,
        published.manifest,
        published.version,
        time.perf_counter() - began,
        is_reused=not published.is_new,
        warnings=tuple(f"{h.site_id} {h.day} is held back: {h.reason}" for h in made.held),
        figures={"version": published.version, "held": len(made.held)},
    )
