-- Grain: line x direction x class of a site over a range of local days: crossings counted in what was
-- observed, and the hours observed. What nobody observed does not appear.
SELECT
    line_id,
    direction,
    road_user,
    sum(count)::BIGINT AS count,
    sum(observed_h) AS observed_h
FROM read_parquet($flow_daily)
WHERE site_id = $site_id
    AND list_contains($road_users, road_user)
    AND list_contains($directions, direction)
    AND list_contains($weekdays, isodow(day))
    AND day BETWEEN $first_day AND $last_day
    AND coverage > 0
GROUP BY ALL
ORDER BY line_id, direction, road_user;
