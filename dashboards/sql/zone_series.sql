-- Grain: quarter-hour of one zone, classes summed: mean number present, density and mean speed; the Voronoi and
-- the largest density are of pedestrians. NULL where nothing was observed.
WITH quarters AS (
    SELECT
        interval_start_local AS start_local,
        sum(presence_s) AS presence_s,
        sum(density_per_m2) AS density_per_m2,
        sum(scalar_flow_per_m_s) AS scalar_flow_per_m_s,
        sum(flow_x_per_m_s) AS flow_x_per_m_s,
        sum(flow_y_per_m_s) AS flow_y_per_m_s,
        max(voronoi_density_per_m2) AS voronoi_density_per_m2,
        max(peak_density_per_m2) AS peak_density_per_m2,
        min(coverage) AS coverage
    FROM read_parquet($zone_occupancy)
    WHERE site_id = $site_id
        AND zone_id = $zone_id
        AND list_contains($road_users, road_user)
        AND list_contains($weekdays, isodow(interval_start_local))
        AND list_contains($hours, hour(interval_start_local))
        AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT
    start_local,
    CASE WHEN coverage > 0 THEN presence_s / (900 * coverage) END AS present,
    density_per_m2,
    voronoi_density_per_m2,
    peak_density_per_m2,
    CASE WHEN density_per_m2 > 0 THEN scalar_flow_per_m_s / density_per_m2 END AS speed_m_s,
    CASE
        WHEN scalar_flow_per_m_s > 0
            THEN least(1, sqrt(flow_x_per_m_s ** 2 + flow_y_per_m_s ** 2) / scalar_flow_per_m_s)
    END AS directional_order,
    coverage
FROM quarters
ORDER BY start_local;
