"""The counts of a site's day, line by line, for those who watch the pipeline at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from geo.site import Site
from pipelines.warehouse.connection import Warehouse

_QUARTER_H = 0.25


@dataclass(frozen=True)
class LineCounts:
    """What one line has counted on one local day, both directions and all classes together.

    Attributes:
        counts: per quarter-hour from local midnight, of which a day has 92, 96 or 100; None is not observed.
    """

    line_id: str
    name: str
    counts: tuple[int | None, ...]

    @property
    def hours(self) -> list[float]:
        """Hours since local midnight at which the quarter-hours begin."""
        return [_QUARTER_H * number for number in range(len(self.counts))]

    @property
    def total(self) -> int:
        return sum(count for count in self.counts if count is not None)

    @property
    def observed_h(self) -> float:
        """Quarter-hours of which something was observed, in hours."""
        return _QUARTER_H * sum(count is not None for count in self.counts)


def line_counts(site: Site, day: date, warehouse: Warehouse) -> list[LineCounts]:
    """The day's counts per line, in the order of the lines' names."""
    with warehouse.read() as session:
        rows = session.frame("select_flow_counts", site_id=site.site_id, days=[day])
    names = {line.line_id: line.name for line in site.lines}
    quarter = pl.when(pl.col("count").is_not_null().any()).then(pl.col("count").sum()).alias("count")
    summed = rows.group_by("line_id", "interval_start_utc").agg(quarter).sort("line_id", "interval_start_utc")
    return [
        LineCounts(line_id, names.get(line_id, line_id), tuple(one["count"]))
        for (line_id,), one in summed.partition_by("line_id", as_dict=True, maintain_order=True).items()
    ]
