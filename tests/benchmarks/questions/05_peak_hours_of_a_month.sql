-- When is the peak? Local day of one line in a month: its busiest four quarter-hours and their peak hour
-- factor, count over four times the busiest quarter-hour (HCM).
WITH quarters AS (
    SELECT interval_start_local, sum(count) AS count, min(coverage) AS coverage
    FROM read_parquet($flow_counts)
    WHERE site_id = $site_id AND line_id = $line_id
    GROUP BY ALL
),
hours AS (
    SELECT
        interval_start_local,
        sum(count) OVER ahead AS count,
        max(count) OVER ahead AS busiest,
        min(coverage) OVER ahead AS coverage
    FROM quarters
    WINDOW ahead AS (
        PARTITION BY interval_start_local::DATE ORDER BY interval_start_local ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING
    )
)
SELECT
    interval_start_local::DATE AS day,
    arg_max(interval_start_local, count) AS peak_start_local,
    max(count) AS count,
    arg_max(count / (4 * busiest), count) AS peak_hour_factor
FROM hours
WHERE coverage >= 0.999 AND busiest > 0
GROUP BY ALL
ORDER BY day;
