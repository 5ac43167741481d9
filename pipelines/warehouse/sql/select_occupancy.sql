-- Grain: camera x cell x class x quarter-hour of some local days of one site, where somebody was there.
-- A cell without a row was empty where `position_coverage` in the coverage table is over 0.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
observed AS (
    FROM observed_quarters($site_id, $days)
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
    round(any_value(observed.placed_s) / 900, 9)::DOUBLE AS coverage,
    any_value(observed.revision) AS revision,
    any_value(observed.detector) AS detector,
    any_value(observed.site_version) AS site_version,
    any_value(l.calibration_note) AS calibration_note,
    site.is_simulated
FROM occupancy_contributions AS o
JOIN loads_of($site_id, $days) AS l USING (recording_id)
JOIN site ON site.site_id = l.site_id
JOIN quarters USING (interval_start_utc)
LEFT JOIN observed
    ON observed.camera_id = o.camera_id
    AND observed.road_user = o.road_user
    AND observed.interval_start_utc = o.interval_start_utc
GROUP BY l.site_id, o.camera_id, o.cell_x, o.cell_y, o.road_user, o.interval_start_utc, site.time_zone, site.is_simulated
ORDER BY camera_id, cell_x, cell_y, road_user, interval_start_utc;
