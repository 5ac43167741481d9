-- Grain: camera x cell x class x quarter-hour of some local days of one site, where somebody was there.
-- A cell without a row was empty where `position_coverage` in the coverage table is over 0.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    SELECT day, unnest(range(
        timezone(time_zone, day::TIMESTAMP),
        timezone(time_zone, (day + 1)::TIMESTAMP),
        INTERVAL 15 MINUTE
    )) AS interval_start_utc
    FROM site
    CROSS JOIN (SELECT unnest($days::DATE[]) AS day)
),
observed AS (
    SELECT c.camera_id, c.road_user, c.interval_start_utc, sum(c.observed_s) / 900 AS coverage
    FROM coverage_contributions AS c
    JOIN loads AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    WHERE l.has_positions
    GROUP BY ALL
)
SELECT
    l.site_id,
    o.camera_id,
    o.cell_x,
    o.cell_y,
    o.road_user,
    o.interval_start_utc,
    timezone(site.time_zone, o.interval_start_utc) AS interval_start_local,
    round(sum(o.presence_s), 6) AS presence_s,
    round(sum(o.dx_m), 6) AS dx_m,
    round(sum(o.dy_m), 6) AS dy_m,
    round(sum(o.way_m), 6) AS way_m,
    round(any_value(observed.coverage), 9)::DOUBLE AS coverage,
    any_value(l.calibration_note) AS calibration_note,
    site.is_simulated
FROM occupancy_contributions AS o
JOIN loads AS l USING (recording_id)
JOIN site ON site.site_id = l.site_id
JOIN quarters USING (interval_start_utc)
LEFT JOIN observed
    ON observed.camera_id = o.camera_id
    AND observed.road_user = o.road_user
    AND observed.interval_start_utc = o.interval_start_utc
GROUP BY l.site_id, o.camera_id, o.cell_x, o.cell_y, o.road_user, o.interval_start_utc, site.time_zone, site.is_simulated
ORDER BY camera_id, cell_x, cell_y, road_user, interval_start_utc;
