-- Grain: cell of a site over a range of local days, classes summed: mean density (road users per m2,
-- Edie: time spent over area and the time in which positions were observed), mean velocity and mean speed
-- (way gone over time spent, with its direction and without) in 1 m cells. Cells nobody entered do not
-- appear. Where the views of cameras overlap, the camera that saw most of a cell speaks for it; cameras
-- are never added.
WITH observed AS (
    SELECT camera_id, sum(coverage) * 900 AS observed_s
    FROM (
        SELECT camera_id, interval_start_utc, min(position_coverage) AS coverage
        FROM read_parquet($coverage)
        WHERE site_id = $site_id
            AND list_contains($road_users, road_user)
            AND list_contains($weekdays, isodow(interval_start_local))
            AND list_contains($hours, hour(interval_start_local))
            AND interval_start_local::DATE BETWEEN $first_day AND $last_day
        GROUP BY ALL
    )
    GROUP BY camera_id
    HAVING observed_s > 0
),
seen AS (
    SELECT
        o.cell_x,
        o.cell_y,
        o.camera_id,
        sum(o.presence_s / observed.observed_s) AS density_per_m2,
        sum(o.dx_m) / sum(o.presence_s) AS vx_m_s,
        sum(o.dy_m) / sum(o.presence_s) AS vy_m_s,
        sum(o.way_m) / sum(o.presence_s) AS speed_m_s
    FROM read_parquet($occupancy) AS o
    JOIN observed USING (camera_id)
    WHERE o.site_id = $site_id
        AND list_contains($road_users, o.road_user)
        AND list_contains($weekdays, isodow(o.interval_start_local))
        AND list_contains($hours, hour(o.interval_start_local))
        AND o.interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT
    cell_x,
    cell_y,
    max(density_per_m2) AS density_per_m2,
    arg_max(vx_m_s, density_per_m2) AS vx_m_s,
    arg_max(vy_m_s, density_per_m2) AS vy_m_s,
    arg_max(speed_m_s, density_per_m2) AS speed_m_s
FROM seen
GROUP BY ALL
ORDER BY cell_x, cell_y;
