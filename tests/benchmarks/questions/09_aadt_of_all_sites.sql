-- How much traffic does each line carry? Annual average daily traffic of all lines by class (AASHTO 1992): by
-- direction the mean over twelve months of the mean over seven weekdays of whole days, so that missing days do not
-- bend it, then both directions together.
WITH directions AS (
    SELECT site_id, line_id, road_user, avg(per_day) AS aadt, count(per_day) AS months
    FROM read_parquet($flow_monthly)
    GROUP BY site_id, line_id, direction, road_user
)
SELECT site_id, line_id, road_user, sum(aadt) AS aadt, min(months) AS months
FROM directions
GROUP BY ALL
ORDER BY ALL;
