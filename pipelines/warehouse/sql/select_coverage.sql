-- Grain: camera x class x quarter-hour of some local days of one site; 0 where nothing was observed.
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
    SELECT
        quarters.day,
        c.camera_id,
        c.road_user,
        c.interval_start_utc,
        sum(c.observed_s) / 900 AS coverage,
        sum(c.observed_s) FILTER (l.has_positions) / 900 AS position_coverage
    FROM coverage_contributions AS c
    JOIN loads AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    WHERE l.site_id = $site_id
    GROUP BY ALL
)
SELECT
    site.site_id,
    classes.camera_id,
    classes.road_user,
    quarters.interval_start_utc,
    timezone(site.time_zone, quarters.interval_start_utc) AS interval_start_local,
    round(coalesce(observed.coverage, 0), 9)::DOUBLE AS coverage,
    round(coalesce(observed.position_coverage, 0), 9)::DOUBLE AS position_coverage,
    site.is_simulated
FROM site
CROSS JOIN (SELECT DISTINCT day, camera_id, road_user FROM observed) AS classes
JOIN quarters USING (day)
LEFT JOIN observed USING (day, camera_id, road_user, interval_start_utc)
ORDER BY camera_id, road_user, interval_start_utc;
