-- Grain: line x direction x class x speed bin of 1 km/h of a site over a range of local days, where measurable.
SELECT line_id, direction, road_user, from_km_h, sum(n)::BIGINT AS n, sum(free_n)::BIGINT AS free_n
FROM read_parquet($speed_histogram)
WHERE site_id = $site_id
    AND list_contains($road_users, road_user)
    AND list_contains($directions, direction)
    AND list_contains($weekdays, isodow(interval_start_local))
    AND list_contains($hours, hour(interval_start_local))
    AND interval_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY line_id, direction, road_user, from_km_h;
