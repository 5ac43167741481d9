"""Frame to figure, pure: no state, no files, no Streamlit."""

from dashboards.figures.calendar import coverage, hour_by_weekday
from dashboards.figures.changes import changes, profiles
from dashboards.figures.plan import flow_on_plan, heatmap_on_plan, site_map, volumes_on_plan
from dashboards.figures.series import butterfly, by_direction, class_split, trend

__all__ = [
    "butterfly",
    "by_direction",
    "changes",
    "class_split",
    "coverage",
    "flow_on_plan",
    "heatmap_on_plan",
    "hour_by_weekday",
    "profiles",
    "site_map",
    "trend",
    "volumes_on_plan",
]
