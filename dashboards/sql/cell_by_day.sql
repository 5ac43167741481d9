-- Grain: local day of one cell of a site: time spent and way gone in a 1 m cell, classes summed, and
-- the time in which positions were observed; 0 on an observed day that nobody entered it. Where the views of
-- cameras overlap, the camera that saw most of the cell speaks for it.
WITH observed AS (
    SELECT camera_id, day, sum(coverage) * 900 AS observed_s
    FROM (
        SELECT
            camera_id,
            interval_start_utc,
            interval_start_local::DATE AS day,
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
    SELECT
        camera_id,
        interval_start_local::DATE AS day,
        sum(presence_s) AS presence_s,
        sum(way_m) AS way_m
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
    observed.day,
    observed.observed_s,
    coalesce(seen.presence_s, 0) AS presence_s,
    coalesce(seen.way_m, 0) AS way_m
FROM observed
JOIN speaker USING (camera_id)
LEFT JOIN seen ON seen.camera_id = observed.camera_id AND seen.day = observed.day
ORDER BY observed.day;
