-- Grain: zone x class x quarter-hour of some local days of one site (Edie 1963): density is time spent over
-- area and observed time, flow is way gone over the same, flow is density times velocity.
-- A quarter-hour in which nobody was placed on the ground has coverage 0 and NULLs; an empty one has 0.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
classes AS (
    SELECT DISTINCT camera_id, road_user FROM observed_quarters($site_id, $days) WHERE placed_s IS NOT NULL
),
observed AS (
    FROM observed_in_zones($site_id, $days)
),
spent AS (
    SELECT
        zone_id,
        road_user,
        interval_start_utc,
        sum(presence_s) AS presence_s,
        sum(dx_m) AS dx_m,
        sum(dy_m) AS dy_m,
        sum(way_m) AS way_m,
        CASE WHEN count(*) = count(voronoi_s_per_m2) THEN sum(voronoi_s_per_m2) END AS voronoi_s_per_m2,
        CASE WHEN count(*) = count(peak_per_m2) THEN max(peak_per_m2) END AS peak_per_m2
    FROM zone_occupancy_contributions
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
),
balance AS (
    SELECT
        zone_id,
        road_user,
        interval_start_utc,
        sum(entries) AS entries,
        sum(exits) AS exits,
        sum(births) AS births,
        sum(deaths) AS deaths,
        sum(stationary_s) AS stationary_s
    FROM zone_balance_contributions
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
),
summed AS (
    SELECT
        zones.*,
        classes.road_user,
        quarters.interval_start_utc,
        coalesce(observed.observed_s, 0) AS observed_s,
        observed.revision,
        observed.detector,
        observed.site_version,
        zones.area_m2 * observed.observed_s AS exposure,
        CASE WHEN observed.observed_s > 0 THEN coalesce(spent.presence_s, 0) END AS presence_s,
        CASE WHEN observed.observed_s > 0 THEN coalesce(spent.dx_m, 0) END AS dx_m,
        CASE WHEN observed.observed_s > 0 THEN coalesce(spent.dy_m, 0) END AS dy_m,
        CASE WHEN observed.observed_s > 0 THEN coalesce(spent.way_m, 0) END AS way_m,
        CASE
            WHEN observed.observed_s > 0 AND classes.road_user = 'pedestrian'
                THEN CASE WHEN spent.presence_s IS NULL THEN 0 ELSE spent.voronoi_s_per_m2 END
        END AS voronoi_s_per_m2,
        CASE
            WHEN observed.observed_s > 0 AND classes.road_user = 'pedestrian'
                THEN CASE WHEN spent.presence_s IS NULL THEN 0 ELSE spent.peak_per_m2 END
        END AS peak_per_m2,
        CASE WHEN observed.observed_s > 0 THEN coalesce(balance.stationary_s, 0) END AS stationary_s,
        CASE WHEN observed.observed_s > 0 THEN coalesce(balance.entries, 0)::BIGINT END AS entries,
        CASE WHEN observed.observed_s > 0 THEN coalesce(balance.exits, 0)::BIGINT END AS exits,
        CASE WHEN observed.observed_s > 0 THEN coalesce(balance.births, 0)::BIGINT END AS births,
        CASE WHEN observed.observed_s > 0 THEN coalesce(balance.deaths, 0)::BIGINT END AS deaths
    FROM zones
    CROSS JOIN quarters
    JOIN classes ON classes.camera_id = zones.camera_id
    LEFT JOIN observed
        ON observed.zone_id = zones.zone_id
        AND observed.road_user = classes.road_user
        AND observed.interval_start_utc = quarters.interval_start_utc
    LEFT JOIN spent
        ON spent.zone_id = zones.zone_id
        AND spent.road_user = classes.road_user
        AND spent.interval_start_utc = quarters.interval_start_utc
    LEFT JOIN balance
        ON balance.zone_id = zones.zone_id
        AND balance.road_user = classes.road_user
        AND balance.interval_start_utc = quarters.interval_start_utc
    WHERE zones.site_id = $site_id
)
SELECT
    site.site_id,
    summed.zone_id,
    summed.road_user,
    summed.interval_start_utc,
    timezone(site.time_zone, summed.interval_start_utc) AS interval_start_local,
    round(presence_s, 6) AS presence_s,
    round(stationary_s, 6) AS stationary_s,
    presence_s / exposure AS density_per_m2,
    voronoi_s_per_m2 / observed_s AS voronoi_density_per_m2,
    peak_per_m2 AS peak_density_per_m2,
    dx_m / exposure AS flow_x_per_m_s,
    dy_m / exposure AS flow_y_per_m_s,
    way_m / exposure AS scalar_flow_per_m_s,
    CASE WHEN presence_s > 0 THEN dx_m / presence_s END AS velocity_x_m_s,
    CASE WHEN presence_s > 0 THEN dy_m / presence_s END AS velocity_y_m_s,
    CASE WHEN presence_s > 0 THEN way_m / presence_s END AS speed_m_s,
    CASE WHEN way_m > 0 THEN least(sqrt(dx_m * dx_m + dy_m * dy_m) / way_m, 1) END AS directional_order,
    entries,
    exits,
    births,
    deaths,
    round(observed_s / 900, 9)::DOUBLE AS coverage,
    summed.revision,
    summed.detector,
    summed.site_version,
    summed.calibration_note,
    site.is_simulated
FROM summed
CROSS JOIN site
ORDER BY zone_id, road_user, interval_start_utc;
