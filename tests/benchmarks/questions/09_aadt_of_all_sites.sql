-- How much traffic does each line carry? Annual average daily traffic of all lines by class (AASHTO 1992): by
-- direction the mean over twelve months of the mean over seven weekdays of whole days, so that missing days do not
-- bend it, then both directions together.
WITH weekdays AS (
    SELECT site_id, line_id, direction, road_user, month(day) AS month, isodow(day) AS weekday, avg(count) AS per_day
    FROM read_parquet($flow_daily)
    WHERE coverage >= 0.95
    GROUP BY ALL
),
months AS (
    SELECT site_id, line_id, direction, road_user, month, avg(per_day) AS per_day FROM weekdays GROUP BY ALL
),
directions AS (
    SELECT site_id, line_id, direction, road_user, avg(per_day) AS aadt, count(*) AS months FROM months GROUP BY ALL
)
SELECT site_id, line_id, road_user, sum(aadt) AS aadt, min(months) AS months
FROM directions
GROUP BY ALL
ORDER BY ALL;
