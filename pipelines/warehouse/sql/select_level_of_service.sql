-- Grain: zone x standard x observed quarter-hour of some local days of one site; pedestrians only, by their
-- mean density or, where the standard grades that, by how many pass a metre of width in a minute whichever way.
-- Beyond the density at which boxes of people merge the letter is the best one possible.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
observed AS (
    SELECT * FROM observed_in_zones($site_id, $days) WHERE observed_s > 0 AND road_user = 'pedestrian'
),
spent AS (
    SELECT o.zone_id, o.interval_start_utc, sum(o.presence_s) AS presence_s, sum(o.way_m) AS way_m
    FROM zone_occupancy_contributions AS o
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    WHERE o.road_user = 'pedestrian'
    GROUP BY ALL
),
crowded AS (
    SELECT
        zones.zone_id,
        zones.calibration_note,
        observed.interval_start_utc,
        observed.observed_s,
        observed.revision,
        observed.detector,
        observed.site_version,
        coalesce(spent.presence_s, 0) / (zones.area_m2 * observed.observed_s) AS density_per_m2,
        60 * coalesce(spent.way_m, 0) / (zones.area_m2 * observed.observed_s) AS flow_per_min_m
    FROM zones
    JOIN observed USING (zone_id)
    LEFT JOIN spent ON spent.zone_id = zones.zone_id AND spent.interval_start_utc = observed.interval_start_utc
    WHERE zones.site_id = $site_id
),
bounded AS (
    SELECT
        c.*,
        s.*,
        coalesce(s.up_to_per_m2, s.up_to_per_min_m) AS up_to,
        CASE s.quantity WHEN 'flow' THEN c.flow_per_min_m ELSE least(c.density_per_m2, s.limit_per_m2) END AS crowding
    FROM crowded AS c
    CROSS JOIN service_levels AS s
)
SELECT
    site.site_id,
    c.zone_id,
    c.standard,
    c.interval_start_utc,
    timezone(any_value(site.time_zone), c.interval_start_utc) AS interval_start_local,
    any_value(c.density_per_m2) AS density_per_m2,
    any_value(c.flow_per_min_m) AS flow_per_min_m,
    min_by(c.letter, c.rank) FILTER (
        c.up_to IS NULL OR c.crowding < c.up_to OR (c.crowding = c.up_to AND c.includes_bound)
    ) AS letter,
    any_value(c.density_per_m2 >= c.limit_per_m2) AS is_at_least,
    NULL::DOUBLE AS letter_probability,
    'not validated' AS probability_status,
    any_value(round(c.observed_s / 900, 9)::DOUBLE) AS coverage,
    any_value(c.revision) AS revision,
    any_value(c.detector) AS detector,
    any_value(c.site_version) AS site_version,
    any_value(c.calibration_note) AS calibration_note,
    any_value(site.is_simulated) AS is_simulated
FROM bounded AS c
CROSS JOIN site
GROUP BY site.site_id, c.zone_id, c.standard, c.interval_start_utc
ORDER BY zone_id, standard, interval_start_utc;
