-- Grain: camera x local hour of a range of local days: observed share of the hour. An hour without a row was
-- not observed at all; the hour that comes twice when clocks are set back is one.
WITH quarters AS (
    SELECT camera_id, interval_start_utc, interval_start_local, max(coverage) AS coverage
    FROM read_parquet($coverage)
    WHERE site_id = $site_id AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT
    camera_id,
    interval_start_local::DATE AS day,
    hour(interval_start_local) AS hour,
    least(1, sum(coverage) / 4) AS coverage
FROM quarters
GROUP BY ALL
HAVING sum(coverage) > 0
ORDER BY camera_id, day, hour;
