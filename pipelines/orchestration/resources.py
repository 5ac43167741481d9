"""What assets work with. Settings are read here and in `cli.main`, nowhere else."""

import dagster as dg

from pipelines.orchestration.partitions import site_and_day
from pipelines.settings import Settings
from pipelines.stages.site_day import SiteDay


class SiteDays(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Gives a partition its site's day."""

    def of(self, partition_key: str) -> SiteDay:
        return SiteDay.of(*site_and_day(partition_key), Settings.from_environment())
