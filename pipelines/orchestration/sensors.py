"""New files under ``data/recordings/<camera>/`` start the job for their site and day."""

import json
import time
from pathlib import Path

import dagster as dg

from pipelines.orchestration.jobs import count_site_day
from pipelines.orchestration.partitions import partition_of
from pipelines.settings import Settings
from pipelines.sites import find_sites, load_site
from pipelines.stages.ingest import examine
from pipelines.stages.site_day import recording_files

# A file that was written to this recently may still be on its way here.
_SETTLED_AFTER_S = 10.0


@dg.sensor(job=count_site_day, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.STOPPED)
def new_recordings(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Requests a run for the partition of every new or changed recording.

    The cursor remembers size and time of change of the files seen. A file that cannot be used is
    named in the log and looked at again once it changes.
    """
    settings = Settings.from_environment()
    seen: dict[str, list[int]] = json.loads(context.cursor or "{}")
    requests = {}
    for folder in map(load_site, find_sites(settings).values()):
        for path, camera_id in recording_files(folder, settings):
            mark = _mark(path)
            if seen.get(str(path)) == mark or time.time() - path.stat().st_mtime < _SETTLED_AFTER_S:
                continue
            seen[str(path)] = mark
            try:
                day = examine(path, folder.site, folder.site.camera(camera_id), None).key.day
            except ValueError as error:
                context.log.error(str(error))  # noqa: TRY400  (the message names file and fix)
                continue
            key = partition_of(folder.site.site_id, day)
            requests[str(key)] = dg.RunRequest(run_key=f"{key}-{path.name}-{mark}", partition_key=key)
    if not requests:
        return dg.SensorResult(skip_reason="no new recording", cursor=json.dumps(seen))
    return dg.SensorResult(run_requests=list(requests.values()), cursor=json.dumps(seen))


def _mark(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
