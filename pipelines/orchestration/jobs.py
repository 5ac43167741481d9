"""One job: a site's local day, from recordings to release."""

import dagster as dg

count_site_day = dg.define_asset_job(
    "count_site_day",
    selection=dg.AssetSelection.all(),
    description="Counts everything a site recorded on a local day and releases it.",
)
