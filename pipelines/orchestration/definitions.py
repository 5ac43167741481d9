"""Everything Dagster shows, assembled."""

import dagster as dg

from pipelines.orchestration import assets
from pipelines.orchestration.executors import executor
from pipelines.orchestration.jobs import count_site_day, expire_restricted_data, tidy_runs
from pipelines.orchestration.resources import SiteDays
from pipelines.orchestration.schedules import daily_expiry, daily_release, weekly_tidying
from pipelines.orchestration.sensors import new_recordings
from pipelines.orchestration.watch import watch

definitions = dg.Definitions(
    assets=dg.load_assets_from_modules([assets]),
    jobs=[count_site_day, expire_restricted_data, tidy_runs],
    schedules=[daily_release, daily_expiry, weekly_tidying],
    sensors=[new_recordings, watch],
    resources={"site_day": SiteDays()},
    executor=executor,
)
