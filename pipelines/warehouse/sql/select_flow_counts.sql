-- Grain: line x direction x class x quarter-hour of some local days of one site (92, 96 or 100
-- quarter-hours each).
-- A quarter-hour that nobody observed, or in which nobody looked for the line, has coverage 0 and count NULL; an
-- observed, empty one counts 0.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
lines AS (
    SELECT * FROM counting_lines WHERE site_id = $site_id
),
observed AS (
    FROM observed_on_lines($site_id, $days)
),
counted AS (
    SELECT f.line_id, f.direction, f.road_user, f.interval_start_utc, sum(f.count) AS count
    FROM flow_contributions AS f
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
)
SELECT
    site.site_id,
    lines.line_id,
    directions.direction,
    classes.road_user,
    quarters.interval_start_utc,
    timezone(site.time_zone, quarters.interval_start_utc) AS interval_start_local,
    CASE WHEN observed.observed_s > 0 THEN coalesce(counted.count, 0)::BIGINT END AS count,
    NULL::DOUBLE AS lo95,
    NULL::DOUBLE AS hi95,
    'not validated' AS interval_status,
    round(coalesce(observed.observed_s, 0) / 900, 9)::DOUBLE AS coverage,
    observed.revision,
    observed.detector,
    observed.site_version,
    lines.calibration_note,
    site.is_simulated
FROM site
CROSS JOIN lines
CROSS JOIN (VALUES ('forward'), ('backward')) AS directions (direction)
JOIN (SELECT DISTINCT day, camera_id, road_user FROM observed_quarters($site_id, $days)) AS classes ON classes.camera_id = lines.camera_id
JOIN quarters ON quarters.day = classes.day
LEFT JOIN observed
    ON observed.line_id = lines.line_id
    AND observed.road_user = classes.road_user
    AND observed.interval_start_utc = quarters.interval_start_utc
LEFT JOIN counted
    ON counted.line_id = lines.line_id
    AND counted.direction = directions.direction
    AND counted.road_user = classes.road_user
    AND counted.interval_start_utc = quarters.interval_start_utc
ORDER BY line_id, direction, road_user, interval_start_utc;
