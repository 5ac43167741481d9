-- Grain: camera x hour of day of a site over a range of local days: hours in which positions of all chosen
-- classes were observed.
WITH quarters AS (
    SELECT camera_id, interval_start_utc, interval_start_local, min(position_coverage) AS coverage
    FROM read_parquet($coverage)
    WHERE site_id = $site_id
        AND list_contains($road_users, road_user)
        AND list_contains($weekdays, isodow(interval_start_local))
        AND list_contains($hours, hour(interval_start_local))
        AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT camera_id, hour(interval_start_local) AS hour, sum(coverage) / 4 AS observed_h
FROM quarters
GROUP BY ALL
HAVING sum(coverage) > 0
ORDER BY camera_id, hour;
