-- Grain: direction x local day of one line, classes summed. count is NULL where nothing was observed.
SELECT
    direction,
    day::TIMESTAMP AS start_local,
    sum(count)::BIGINT AS count,
    min(coverage) AS coverage,
    min(observed_h) AS observed_h
FROM read_parquet($flow_daily)
WHERE site_id = $site_id
    AND line_id = $line_id
    AND list_contains($road_users, road_user)
    AND list_contains($directions, direction)
    AND list_contains($weekdays, isodow(day))
    AND day BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY direction, start_local;
