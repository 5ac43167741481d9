-- When is it busy? Weekday x hour of one line over the year, crossings per observed hour.
WITH hours AS (
    SELECT hour_start_local, sum(count) AS count, min(coverage) AS coverage
    FROM read_parquet($flow_hourly)
    WHERE site_id = $site_id AND line_id = $line_id
    GROUP BY ALL
)
SELECT
    isodow(hour_start_local) AS weekday,
    hour(hour_start_local) AS hour,
    sum(count) / nullif(sum(coverage), 0) AS per_hour
FROM hours
GROUP BY ALL
ORDER BY ALL;
