-- Grain: local day x class of a site over all lines, in the chosen hours of the day only: crossings counted
-- (NULL: nothing observed) and the mean coverage of these hours. Weekdays are 1 Monday to 7 Sunday.
SELECT
    hour_start_local::DATE AS day,
    road_user,
    sum(count)::BIGINT AS count,
    avg(coverage) AS coverage
FROM read_parquet($flow_hourly)
WHERE site_id = $site_id
    AND (len($line_ids) = 0 OR list_contains($line_ids, line_id))
    AND list_contains($road_users, road_user)
    AND list_contains($directions, direction)
    AND list_contains($weekdays, isodow(hour_start_local))
    AND list_contains($hours, hour(hour_start_local))
    AND hour_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY day, road_user;
