"""Everything Dagster shows, assembled."""

import dagster as dg

from pipelines.orchestration import assets
from pipelines.orchestration.executors import executor
from pipelines.orchestration.jobs import count_site_day
from pipelines.orchestration.resources import SiteDays
from pipelines.orchestration.schedules import daily_release
from pipelines.orchestration.sensors import new_recordings

definitions = dg.Definitions(
    assets=dg.load_assets_from_modules([assets]),
    jobs=[count_site_day],
    schedules=[daily_release],
    sensors=[new_recordings],
    resources={"site_day": SiteDays()},
    executor=executor,
)
