-- Grain: direction x quarter-hour of one line, classes summed. count is NULL where nothing was observed.
SELECT
    direction,
    interval_start_local,
    sum(count)::BIGINT AS count,
    min(coverage) AS coverage
FROM read_parquet($flow_counts)
WHERE site_id = $site_id
    AND line_id = $line_id
    AND list_contains($road_users, road_user)
    AND interval_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY direction, interval_start_local;
