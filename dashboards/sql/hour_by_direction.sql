-- Grain: direction x hour of day of one line, classes summed. The rate is crossings per observed hour,
-- NULL where that hour was never observed.
WITH hours AS (
    SELECT direction, hour_start_local, sum(count) AS count, min(coverage) AS coverage
    FROM read_parquet($flow_hourly)
    WHERE site_id = $site_id
        AND line_id = $line_id
        AND list_contains($road_users, road_user)
        AND list_contains($directions, direction)
        AND list_contains($weekdays, isodow(hour_start_local))
        AND hour_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT
    direction,
    hour(hour_start_local) AS hour,
    CASE WHEN sum(coverage) > 0 THEN sum(count) / sum(coverage) END AS per_hour
FROM hours
GROUP BY ALL
ORDER BY direction, hour;
