-- Grain: stop line x direction x quarter-hour of some local days of one site in which queues of at least five
-- vehicles began to flow off. Without a row none did where the line was observed, as its coverage in flow_counts tells.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
seen AS (
    FROM seen_on_lines($site_id, $days)
),
summed AS (
    SELECT
        d.line_id,
        d.direction,
        d.interval_start_utc,
        sum(d.queues) AS queues,
        sum(d.vehicles) AS vehicles,
        sum(d.saturated_s) / sum(d.saturated) AS headway_s,
        sum(d.first_four_s) / sum(d.queues) AS first_four_s,
        max(l.calibration_note) AS calibration_note
    FROM discharge_contributions AS d
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
)
SELECT
    site.site_id,
    summed.line_id,
    summed.direction,
    summed.interval_start_utc,
    timezone(site.time_zone, summed.interval_start_utc) AS interval_start_local,
    summed.queues::BIGINT AS queues,
    summed.vehicles::BIGINT AS vehicles,
    summed.headway_s AS saturation_headway_s,
    3600 / summed.headway_s AS saturation_flow_per_h,
    summed.first_four_s - 4 * summed.headway_s AS start_up_loss_s,
    round(seen.observed_s / 900, 9)::DOUBLE AS coverage,
    seen.revision,
    seen.detector,
    seen.site_version,
    summed.calibration_note,
    site.is_simulated
FROM summed
CROSS JOIN site
JOIN seen USING (line_id, interval_start_utc)
ORDER BY line_id, direction, interval_start_utc;
