-- Grain: direction x hour of one line, classes summed. count is NULL where nothing was observed.
SELECT
    direction,
    hour_start_local AS start_local,
    sum(count)::BIGINT AS count,
    min(coverage) AS coverage,
    min(coverage) AS observed_h
FROM read_parquet($flow_hourly)
WHERE site_id = $site_id
    AND line_id = $line_id
    AND list_contains($road_users, road_user)
    AND list_contains($directions, direction)
    AND list_contains($weekdays, isodow(hour_start_local))
    AND list_contains($hours, hour(hour_start_local))
    AND hour_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY direction, start_local;
