-- Grain: entry x exit of one junction over a range of local days, classes summed: tracks counted in
-- what was observed. A gate that was not seen is NULL.
SELECT entry_line_id, exit_line_id, sum(count)::BIGINT AS count
FROM read_parquet($movements)
WHERE site_id = $site_id
    AND junction_id = $junction_id
    AND list_contains($road_users, road_user)
    AND list_contains($weekdays, isodow(interval_start_local))
    AND list_contains($hours, hour(interval_start_local))
    AND interval_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY entry_line_id, exit_line_id;
