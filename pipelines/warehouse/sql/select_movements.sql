-- Grain: junction x entry x exit x class x quarter-hour of some local days of one site, where somebody was.
-- Observed is what recordings that were looked at for both gates have seen. A movement without a row was not made
-- where both of its gates were observed, as the coverage of the two lines in flow_counts tells.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
observed AS (
    FROM observed_quarters($site_id, $days)
),
gates AS (
    FROM observed_on_lines($site_id, $days)
)
SELECT
    l.site_id,
    m.junction_id,
    m.entry_line_id,
    m.exit_line_id,
    m.road_user,
    m.interval_start_utc,
    timezone(site.time_zone, m.interval_start_utc) AS interval_start_local,
    sum(m.count)::BIGINT AS count,
    coalesce(m.entry_line_id = m.exit_line_id, false) AS is_u_turn,
    round(any_value(least(observed.observed_s, entries.observed_s, exits.observed_s)) / 900, 9)::DOUBLE AS coverage,
    any_value(observed.revision) AS revision,
    any_value(observed.detector) AS detector,
    any_value(observed.site_version) AS site_version,
    any_value(j.calibration_note) AS calibration_note,
    site.is_simulated
FROM movement_contributions AS m
JOIN loads_of($site_id, $days) AS l USING (recording_id)
JOIN site ON site.site_id = l.site_id
JOIN junctions AS j ON j.site_id = l.site_id AND j.junction_id = m.junction_id
JOIN quarters USING (interval_start_utc)
LEFT JOIN observed
    ON observed.camera_id = l.camera_id
    AND observed.road_user = m.road_user
    AND observed.interval_start_utc = m.interval_start_utc
LEFT JOIN gates AS entries
    ON entries.line_id = m.entry_line_id
    AND entries.road_user = m.road_user
    AND entries.interval_start_utc = m.interval_start_utc
LEFT JOIN gates AS exits
    ON exits.line_id = m.exit_line_id
    AND exits.road_user = m.road_user
    AND exits.interval_start_utc = m.interval_start_utc
GROUP BY
    l.site_id, m.junction_id, m.entry_line_id, m.exit_line_id, m.road_user, m.interval_start_utc, site.time_zone,
    site.is_simulated
ORDER BY junction_id, entry_line_id, exit_line_id, road_user, interval_start_utc;
