-- How much traffic does each line carry? Annual average daily traffic of all lines by class (AASHTO 1992):
-- the mean over twelve months of the mean over seven weekdays of whole days, so that missing days do not bend it.
WITH days AS (
    SELECT site_id, line_id, road_user, month(day) AS month, isodow(day) AS weekday, day, sum(count) AS count
    FROM read_parquet($flow_daily)
    WHERE coverage >= 0.95
    GROUP BY ALL
),
weekdays AS (
    SELECT site_id, line_id, road_user, month, weekday, avg(count) AS per_day FROM days GROUP BY ALL
),
months AS (
    SELECT site_id, line_id, road_user, month, avg(per_day) AS per_day FROM weekdays GROUP BY ALL
)
SELECT site_id, line_id, road_user, avg(per_day) AS aadt, count(*) AS months
FROM months
GROUP BY ALL
ORDER BY ALL;
