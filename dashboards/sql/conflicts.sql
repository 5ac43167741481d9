-- Grain: camera x zone x type x pair of classes x hour of day over a range of local days; both classes are
-- among the chosen ones. What the camera cannot measure is NULL, with the reason.
SELECT
    camera_id,
    zone_id,
    kind,
    road_user,
    other_road_user,
    hour(interval_start_local) AS hour,
    sum(conflicts)::BIGINT AS conflicts,
    sum(not_measured)::BIGINT AS not_measured,
    sum(ttc_below_1_0_s)::BIGINT AS ttc_below_1_0_s,
    sum(ttc_below_1_5_s)::BIGINT AS ttc_below_1_5_s,
    sum(ttc_below_3_0_s)::BIGINT AS ttc_below_3_0_s,
    sum(pet_below_1_0_s)::BIGINT AS pet_below_1_0_s,
    sum(pet_below_1_5_s)::BIGINT AS pet_below_1_5_s,
    sum(pet_below_5_0_s)::BIGINT AS pet_below_5_0_s,
    sum(drac_above_3_4_m_s2)::BIGINT AS drac_above_3_4_m_s2,
    sum(expected_ttc_below_1_5_s) AS expected_ttc_below_1_5_s,
    sum(expected_pet_below_1_5_s) AS expected_pet_below_1_5_s,
    max(reason) AS reason
FROM read_parquet($conflicts)
WHERE site_id = $site_id
    AND list_contains($road_users, road_user)
    AND list_contains($road_users, other_road_user)
    AND list_contains($weekdays, isodow(interval_start_local))
    AND list_contains($hours, hour(interval_start_local))
    AND interval_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY camera_id, zone_id, kind, road_user, other_road_user, hour;
