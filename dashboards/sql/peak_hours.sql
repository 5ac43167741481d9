-- Grain: local day of one line with four whole quarter-hours in a row, classes and directions summed:
-- its busiest hour (the earliest of equals), that hour's count and its peak hour factor, count over
-- four times the busiest quarter-hour (HCM). Partly observed quarter-hours make no hour.
WITH quarters AS (
    SELECT interval_start_utc, interval_start_local, sum(count) AS count, min(coverage) AS coverage
    FROM read_parquet($flow_counts)
    WHERE site_id = $site_id
        AND line_id = $line_id
        AND list_contains($road_users, road_user)
        AND list_contains($directions, direction)
        AND list_contains($weekdays, isodow(interval_start_local))
        AND list_contains($hours, hour(interval_start_local))
        AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
),
hours AS (
    SELECT
        interval_start_local,
        interval_start_local::DATE AS day,
        sum(count) OVER ahead AS count,
        max(count) OVER ahead AS busiest,
        min(coverage) OVER ahead AS coverage,
        count(*) OVER ahead AS quarters
    FROM quarters
    WINDOW ahead AS (
        PARTITION BY interval_start_local::DATE ORDER BY interval_start_utc ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING
    )
)
SELECT
    day,
    arg_max(interval_start_local, (count, -epoch(interval_start_local))) AS peak_start_local,
    max(count)::BIGINT AS count,
    arg_max(count / (4 * busiest), (count, -epoch(interval_start_local))) AS peak_hour_factor
FROM hours
WHERE quarters = 4 AND coverage >= 0.999 AND busiest > 0
GROUP BY day
ORDER BY day;
