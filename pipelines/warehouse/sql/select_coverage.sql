-- Grain: camera x class x quarter-hour of some local days of one site; 0 where nothing was observed.
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
    site.site_id,
    classes.camera_id,
    classes.road_user,
    quarters.interval_start_utc,
    timezone(site.time_zone, quarters.interval_start_utc) AS interval_start_local,
    round(coalesce(observed.observed_s, 0) / 900, 9)::DOUBLE AS coverage,
    round(coalesce(observed.placed_s, 0) / 900, 9)::DOUBLE AS position_coverage,
    observed.revision,
    observed.detector,
    observed.site_version,
    site.is_simulated
FROM site
CROSS JOIN (SELECT DISTINCT day, camera_id, road_user FROM observed) AS classes
JOIN quarters USING (day)
LEFT JOIN observed USING (day, camera_id, road_user, interval_start_utc)
ORDER BY camera_id, road_user, interval_start_utc;
