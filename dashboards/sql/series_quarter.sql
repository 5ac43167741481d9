-- Grain: direction x quarter-hour of one line, classes summed. count is NULL where nothing was observed.
SELECT
    direction,
    interval_start_local AS start_local,
    sum(count)::BIGINT AS count,
    min(coverage) AS coverage,
    min(coverage) / 4 AS observed_h
FROM read_parquet($flow_counts)
WHERE site_id = $site_id
    AND line_id = $line_id
    AND list_contains($road_users, road_user)
    AND list_contains($directions, direction)
    AND list_contains($weekdays, isodow(interval_start_local))
    AND list_contains($hours, hour(interval_start_local))
    AND interval_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY direction, start_local;
