-- Grain: direction x local day of one line, classes summed. count is NULL where nothing was observed,
-- also on days without any recording.
WITH days AS (
    SELECT unnest(range($first_day::TIMESTAMP, $last_day + INTERVAL 1 DAY, INTERVAL 1 DAY)) AS interval_start_local
),
counted AS (
    SELECT direction, day::TIMESTAMP AS interval_start_local, sum(count)::BIGINT AS count, min(coverage) AS coverage
    FROM read_parquet($flow_daily)
    WHERE site_id = $site_id
        AND line_id = $line_id
        AND list_contains($road_users, road_user)
        AND day BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT direction, interval_start_local, count, coalesce(coverage, 0) AS coverage
FROM (VALUES ('forward'), ('backward')) AS directions (direction)
CROSS JOIN days
LEFT JOIN counted USING (direction, interval_start_local)
ORDER BY direction, interval_start_local;
