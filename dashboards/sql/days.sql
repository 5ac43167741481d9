-- Grain: local day x class of a site over all lines: crossings counted (NULL: nothing observed) and the
-- mean coverage of its lines. Weekdays are 1 Monday to 7 Sunday.
SELECT
    day,
    road_user,
    sum(count)::BIGINT AS count,
    avg(coverage) AS coverage
FROM read_parquet($flow_daily)
WHERE site_id = $site_id
    AND (len($line_ids) = 0 OR list_contains($line_ids, line_id))
    AND list_contains($road_users, road_user)
    AND list_contains($directions, direction)
    AND list_contains($weekdays, isodow(day))
    AND day BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY day, road_user;
