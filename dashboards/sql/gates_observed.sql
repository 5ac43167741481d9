-- Grain: pair of gates of a junction over a range of local days: hours in which both were looked at for a chosen
-- class and road users were followed through the junction. A pair never looked at does not appear: nobody knows who
-- went that way. Days before the junction was declared have no movement, not even of those who crossed no gate.
WITH measured AS (
    SELECT DISTINCT interval_start_local::DATE AS day
    FROM read_parquet($movements)
    WHERE site_id = $site_id AND junction_id = $junction_id
),
gates AS (
    SELECT line_id, hour_start_utc, max(coverage) AS coverage
    FROM read_parquet($flow_hourly)
    WHERE site_id = $site_id
        AND list_contains($line_ids, line_id)
        AND list_contains($road_users, road_user)
        AND list_contains($weekdays, isodow(hour_start_local))
        AND list_contains($hours, hour(hour_start_local))
        AND hour_start_local::DATE BETWEEN $first_day AND $last_day
        AND hour_start_local::DATE IN (SELECT day FROM measured)
    GROUP BY ALL
),
quarters AS (
    SELECT interval_start_utc, max(if($is_in_pixels, coverage, position_coverage)) AS coverage
    FROM read_parquet($coverage)
    WHERE site_id = $site_id
        AND camera_id = $camera_id
        AND list_contains($road_users, road_user)
        AND list_contains($weekdays, isodow(interval_start_local))
        AND list_contains($hours, hour(interval_start_local))
        AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
),
followed AS (
    SELECT date_trunc('hour', interval_start_utc) AS hour_start_utc, sum(coverage) / 4 AS coverage
    FROM quarters
    GROUP BY ALL
)
SELECT
    entries.line_id AS entry_line_id,
    exits.line_id AS exit_line_id,
    sum(least(entries.coverage, exits.coverage, followed.coverage)) AS observed_h
FROM gates AS entries
JOIN gates AS exits USING (hour_start_utc)
JOIN followed USING (hour_start_utc)
GROUP BY ALL
HAVING observed_h > 0
ORDER BY entry_line_id, exit_line_id;
