-- Grain: queue zone x quarter-hour of some local days of one site in which somebody queued. Without a row
-- nobody did where the zone was observed, as the coverage of its zone_occupancy tells. Shares are of the observed
-- time; the 95th percentile is the size that is exceeded in a twentieth of it at most.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
seen AS (
    FROM seen_in_zones($site_id, $days)
),
queued AS (
    SELECT
        l.camera_id,
        q.zone_id,
        q.interval_start_utc,
        q.vehicles,
        q.length_m,
        sum(q.duration_s) AS duration_s,
        max(q.unmeasurable) AS reason,
        max(l.calibration_note) AS calibration_note
    FROM queue_contributions AS q
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
),
ranked AS (
    SELECT
        *,
        sum(duration_s) OVER (PARTITION BY zone_id, interval_start_utc ORDER BY vehicles DESC) AS as_many_s,
        sum(duration_s) OVER (PARTITION BY zone_id, interval_start_utc ORDER BY length_m DESC) AS as_long_s
    FROM queued
),
judged AS (
    SELECT
        camera_id,
        zone_id,
        interval_start_utc,
        max(vehicles) AS max_vehicles,
        max(length_m) AS max_length_m,
        coalesce(max(vehicles) FILTER (as_many_s > 0.05 * observed_s), 0) AS p95_vehicles,
        coalesce(max(length_m) FILTER (as_long_s > 0.05 * observed_s), 0) AS p95_length_m,
        sum(duration_s) AS queued_s,
        max(reason) AS reason,
        max(calibration_note) AS calibration_note,
        any_value(observed_s) AS observed_s,
        any_value(revision) AS revision,
        any_value(detector) AS detector,
        any_value(site_version) AS site_version
    FROM ranked
    JOIN seen USING (zone_id, interval_start_utc)
    GROUP BY ALL
)
SELECT
    site.site_id,
    judged.camera_id,
    judged.zone_id,
    judged.interval_start_utc,
    timezone(site.time_zone, judged.interval_start_utc) AS interval_start_local,
    CASE WHEN reason IS NULL THEN max_vehicles END AS max_vehicles,
    CASE WHEN reason IS NULL THEN p95_vehicles END AS p95_vehicles,
    CASE WHEN reason IS NULL THEN max_length_m::DOUBLE END AS max_length_m,
    CASE WHEN reason IS NULL THEN p95_length_m::DOUBLE END AS p95_length_m,
    CASE WHEN reason IS NULL THEN queued_s END AS queued_s,
    reason IS NULL AS is_measurable,
    judged.reason,
    round(judged.observed_s / 900, 9)::DOUBLE AS coverage,
    judged.revision,
    judged.detector,
    judged.site_version,
    judged.calibration_note,
    site.is_simulated
FROM judged
CROSS JOIN site
ORDER BY zone_id, interval_start_utc;
