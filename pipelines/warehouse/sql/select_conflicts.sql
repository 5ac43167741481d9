-- Grain: camera x zone x type x pair of classes x quarter-hour of some local days of one site in which
-- conflicts were found. Without a row there were none where the zone was observed, as the coverage of its
-- zone_occupancy tells; for what lies in no zone that is the camera's.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
seen AS (
    FROM seen_quarters($site_id, $days)
),
seen_zones AS (
    FROM seen_in_zones($site_id, $days)
),
summed AS (
    SELECT
        l.camera_id,
        c.zone_id,
        c.kind,
        c.road_user,
        c.other_road_user,
        c.interval_start_utc,
        sum(c.conflicts)::BIGINT AS conflicts,
        sum(c.not_measured)::BIGINT AS not_measured,
        sum(c.ttc_below_1_0_s)::BIGINT AS ttc_below_1_0_s,
        sum(c.ttc_below_1_5_s)::BIGINT AS ttc_below_1_5_s,
        sum(c.ttc_below_3_0_s)::BIGINT AS ttc_below_3_0_s,
        sum(c.pet_below_1_0_s)::BIGINT AS pet_below_1_0_s,
        sum(c.pet_below_1_5_s)::BIGINT AS pet_below_1_5_s,
        sum(c.pet_below_5_0_s)::BIGINT AS pet_below_5_0_s,
        sum(c.drac_above_3_4_m_s2)::BIGINT AS drac_above_3_4_m_s2,
        sum(c.expected_ttc_below_1_5_s) AS expected_ttc_below_1_5_s,
        sum(c.expected_pet_below_1_5_s) AS expected_pet_below_1_5_s,
        max(c.unmeasurable) AS reason,
        max(l.calibration_note) AS calibration_note
    FROM conflict_contributions AS c
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
)
SELECT
    site.site_id,
    summed.camera_id,
    summed.zone_id,
    summed.kind,
    summed.road_user,
    summed.other_road_user,
    summed.interval_start_utc,
    timezone(site.time_zone, summed.interval_start_utc) AS interval_start_local,
    CASE WHEN reason IS NULL THEN conflicts END AS conflicts,
    CASE WHEN reason IS NULL THEN not_measured END AS not_measured,
    CASE WHEN reason IS NULL THEN ttc_below_1_0_s END AS ttc_below_1_0_s,
    CASE WHEN reason IS NULL THEN ttc_below_1_5_s END AS ttc_below_1_5_s,
    CASE WHEN reason IS NULL THEN ttc_below_3_0_s END AS ttc_below_3_0_s,
    CASE WHEN reason IS NULL THEN pet_below_1_0_s END AS pet_below_1_0_s,
    CASE WHEN reason IS NULL THEN pet_below_1_5_s END AS pet_below_1_5_s,
    CASE WHEN reason IS NULL THEN pet_below_5_0_s END AS pet_below_5_0_s,
    CASE WHEN reason IS NULL THEN drac_above_3_4_m_s2 END AS drac_above_3_4_m_s2,
    CASE WHEN reason IS NULL THEN expected_ttc_below_1_5_s END AS expected_ttc_below_1_5_s,
    CASE WHEN reason IS NULL THEN expected_pet_below_1_5_s END AS expected_pet_below_1_5_s,
    reason IS NULL AS is_measurable,
    summed.reason,
    round(coalesce(seen_zones.observed_s, seen.observed_s) / 900, 9)::DOUBLE AS coverage,
    coalesce(seen_zones.revision, seen.revision) AS revision,
    coalesce(seen_zones.detector, seen.detector) AS detector,
    coalesce(seen_zones.site_version, seen.site_version) AS site_version,
    summed.calibration_note,
    site.is_simulated
FROM summed
CROSS JOIN site
JOIN seen USING (camera_id, interval_start_utc)
LEFT JOIN seen_zones USING (zone_id, interval_start_utc)
ORDER BY camera_id, zone_id, kind, road_user, other_road_user, interval_start_utc;
