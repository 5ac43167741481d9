-- Grain: queue zone x quarter-hour in which somebody queued, over a range of local days.
SELECT
    camera_id,
    zone_id,
    interval_start_local AS start_local,
    max_vehicles,
    p95_vehicles,
    max_length_m,
    p95_length_m,
    queued_s,
    reason,
    coverage
FROM read_parquet($queues)
WHERE site_id = $site_id
    AND list_contains($weekdays, isodow(interval_start_local))
    AND list_contains($hours, hour(interval_start_local))
    AND interval_start_local::DATE BETWEEN $first_day AND $last_day
ORDER BY zone_id, start_local;
