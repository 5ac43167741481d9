"""Partitions: local day x site."""

import os
from datetime import date

import dagster as dg

from pipelines.settings import Settings
from pipelines.sites import find_sites

DAY, SITE = "day", "site"

# Days before this one have no partition (PASSANT_FIRST_DAY); Dagster advises at most 100,000 of them.
FIRST_DAY = os.environ.get("PASSANT_FIRST_DAY", "2026-01-01")

# The running day has a partition too: its recordings arrive before it ends.
site_days = dg.MultiPartitionsDefinition(
    {
        DAY: dg.DailyPartitionsDefinition(start_date=FIRST_DAY, end_offset=1),
        SITE: dg.StaticPartitionsDefinition(list(find_sites(Settings.from_environment()))),
    }
)


def partition_of(site_id: str, day: date) -> dg.MultiPartitionKey:
    """The key of a site's local day."""
    return dg.MultiPartitionKey({DAY: str(day), SITE: site_id})


def site_and_day(partition_key: str) -> tuple[str, date]:
    """The site and local day of a key."""
    keys = site_days.get_partition_key_from_str(partition_key).keys_by_dimension
    return keys[SITE], date.fromisoformat(keys[DAY])


def run_tags(site_id: str, day: date, trigger: str) -> dict[str, str]:
    """Tags by which runs are found and told apart: whose they are, and what asked for them."""
    return {"passant/site": site_id, "passant/day": str(day), "passant/trigger": trigger}
