-- Grain: direction x week (from Monday) of one line, classes summed. count is NULL where nothing was observed.
WITH days AS (
    SELECT direction, day, sum(count) AS count, min(coverage) AS coverage, min(observed_h) AS observed_h
    FROM read_parquet($flow_daily)
    WHERE site_id = $site_id
        AND line_id = $line_id
        AND list_contains($road_users, road_user)
        AND list_contains($directions, direction)
        AND list_contains($weekdays, isodow(day))
        AND day BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT
    direction,
    date_trunc('week', day)::TIMESTAMP AS start_local,
    sum(count)::BIGINT AS count,
    avg(coverage) AS coverage,
    sum(observed_h) AS observed_h
FROM days
GROUP BY ALL
ORDER BY direction, start_local;
