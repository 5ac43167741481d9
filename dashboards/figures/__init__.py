"""Frame to figure, pure: no state, no files, no Streamlit."""

from dashboards.figures.calendar import coverage, hour_by_weekday, hour_history, uptime
from dashboards.figures.cells import density_by_hour, flow_on_plan, heatmap_on_plan, speed_on_plan
from dashboards.figures.certificate import MOST_SIGMA_M, drift, sigma_on_plan
from dashboards.figures.changes import changes, profiles
from dashboards.figures.city import site_map
from dashboards.figures.conflicts import conflicts_on_plan, pairs_of_classes, severities
from dashboards.figures.movements import desire_lines, flows, matrix, turning_diagram
from dashboards.figures.plan import volumes_on_plan
from dashboards.figures.plaza import day_profile, fundamental_diagram, levels, occupancy, stays
from dashboards.figures.series import butterfly, by_direction, class_split, trend
from dashboards.figures.sparkline import sparkline
from dashboards.figures.traffic import queues_by_hour, speed_histogram

__all__ = [
    "MOST_SIGMA_M",
    "butterfly",
    "by_direction",
    "changes",
    "class_split",
    "conflicts_on_plan",
    "coverage",
    "day_profile",
    "density_by_hour",
    "desire_lines",
    "drift",
    "flow_on_plan",
    "flows",
    "fundamental_diagram",
    "heatmap_on_plan",
    "hour_by_weekday",
    "hour_history",
    "levels",
    "matrix",
    "occupancy",
    "pairs_of_classes",
    "profiles",
    "queues_by_hour",
    "severities",
    "sigma_on_plan",
    "site_map",
    "sparkline",
    "speed_histogram",
    "speed_on_plan",
    "stays",
    "trend",
    "turning_diagram",
    "uptime",
    "volumes_on_plan",
]
