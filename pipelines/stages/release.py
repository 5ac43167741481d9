"""A new version of the released tables, if anything has changed."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from pipelines.audit import AuditLog
from pipelines.object_store import ObjectStore
from pipelines.privacy.release import PLANNER, planner_release
from pipelines.publishing.remote import push_release, version_in
from pipelines.publishing.store import publish, published_months
from pipelines.settings import Settings
from pipelines.stages.report import StageReport
from pipelines.warehouse.connection import Warehouse

TABLE = "release"


def release(warehouse: Warehouse, settings: Settings, audit: AuditLog) -> StageReport:
    """Releases every site's day whose checks passed to the planner tier.

    Args:
        warehouse: read where a month has changed.
        settings: where releases lie, and the store that they go to as well.
        audit: where a new version is noted.
    """
    began = time.perf_counter()
    with warehouse.read() as session:
        made = planner_release(session, datetime.now(UTC).date(), published_months(settings.released / PLANNER))
        published = publish(made, settings.released, audit)
    put = _push(published.version, settings)
    return StageReport(
        TABLE,
        published.rows,
        published.manifest,
        published.version,
        time.perf_counter() - began,
        is_reused=not published.is_new,
        warnings=tuple(f"{h.site_id} {h.day} is held back: {h.reason}" for h in made.held),
        figures={"version": published.version, "held": len(made.held), **put},
    )


def _push(version: str, settings: Settings) -> dict[str, int]:
    """Puts a version into the store, where there is one and it is not there yet; the number of objects put."""
    if not settings.store:
        return {}
    store = ObjectStore.at(settings.store)
    is_there = version_in(store, PLANNER) == version
    return {"objects_put": 0 if is_there else push_release(settings.released / PLANNER, store).objects}
