-- Grain: hour of day x class of one cell of a site over a range of local days: mean density (road users
-- per m2, Edie: time spent over area and the time in which positions were observed) in a 1 m cell; 0 in an
-- observed hour that nobody of the class entered it, no row where the hour was never observed. Where the
-- views of cameras overlap, the camera that saw most of the cell speaks for it.
WITH observed AS (
    SELECT camera_id, hour, sum(coverage) * 900 AS observed_s
    FROM (
        SELECT
            camera_id,
            interval_start_utc,
            hour(interval_start_local) AS hour,
            min(position_coverage) AS coverage
        FROM read_parquet($coverage)
        WHERE site_id = $site_id
            AND list_contains($road_users, road_user)
            AND list_contains($weekdays, isodow(interval_start_local))
            AND list_contains($hours, hour(interval_start_local))
            AND interval_start_local::DATE BETWEEN $first_day AND $last_day
        GROUP BY ALL
    )
    GROUP BY ALL
    HAVING sum(coverage) > 0
),
seen AS (
    SELECT camera_id, hour(interval_start_local) AS hour, road_user, sum(presence_s) AS presence_s
    FROM read_parquet($occupancy)
    WHERE site_id = $site_id
        AND cell_x = $cell_x
        AND cell_y = $cell_y
        AND list_contains($road_users, road_user)
        AND list_contains($weekdays, isodow(interval_start_local))
        AND list_contains($hours, hour(interval_start_local))
        AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
),
speaker AS (
    SELECT arg_max(camera_id, presence_s) AS camera_id
    FROM (SELECT camera_id, sum(presence_s) AS presence_s FROM seen GROUP BY ALL)
)
SELECT
    observed.hour,
    classes.road_user,
    observed.observed_s / 3600 AS observed_h,
    coalesce(seen.presence_s, 0) / observed.observed_s AS density_per_m2
FROM observed
JOIN speaker USING (camera_id)
CROSS JOIN (SELECT DISTINCT road_user FROM seen) AS classes
LEFT JOIN seen
    ON seen.camera_id = observed.camera_id AND seen.hour = observed.hour AND seen.road_user = classes.road_user
ORDER BY observed.hour, classes.road_user;
