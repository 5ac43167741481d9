-- Grain: line x direction x class of a site over a range of local days, in the chosen hours of the day only:
-- crossings counted in what was observed, and the hours observed. What nobody observed does not appear.
SELECT
    line_id,
    direction,
    road_user,
    sum(count)::BIGINT AS count,
    sum(coverage) AS observed_h
FROM read_parquet($flow_hourly)
WHERE site_id = $site_id
    AND list_contains($road_users, road_user)
    AND list_contains($directions, direction)
    AND list_contains($weekdays, isodow(hour_start_local))
    AND list_contains($hours, hour(hour_start_local))
    AND hour_start_local::DATE BETWEEN $first_day AND $last_day
    AND coverage > 0
GROUP BY ALL
ORDER BY line_id, direction, road_user;
