"""What assets work with. Settings are read here and in `cli.main`, nowhere else."""

from datetime import date

import dagster as dg
from pydantic import PrivateAttr

from pipelines.orchestration.partitions import site_and_day
from pipelines.settings import Settings
from pipelines.stages.site_day import SiteDay


class SiteDays(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Gives a partition its site's day.

    A run reads the site once: an edit while it is under way is taken up by the next run, not by half of this one.
    """

    _days: dict[tuple[str, date], SiteDay] = PrivateAttr(default_factory=dict)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002  (Dagster's signature)
        self._days = {}

    def of(self, partition_key: str) -> SiteDay:
        key = site_and_day(partition_key)
        if key not in self._days:
            self._days[key] = SiteDay.of(*key, Settings.from_environment())
        return self._days[key]
