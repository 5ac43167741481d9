-- Counts a recording's conflicts (new_rows, with zone_id and unmeasurable) by quarter-hour. What is no
-- measurement is counted as such and under no threshold.
INSERT INTO conflict_contributions BY NAME
SELECT
    recording_id,
    zone_id,
    kind,
    road_user,
    other_road_user,
    time_bucket(INTERVAL 15 MINUTE, time_utc) AS interval_start_utc,
    count(*) AS conflicts,
    count(*) FILTER (NOT is_measurable) AS not_measured,
    count(*) FILTER (is_measurable AND ttc_s < 1) AS ttc_below_1_0_s,
    count(*) FILTER (is_measurable AND ttc_s < 1.5) AS ttc_below_1_5_s,
    count(*) FILTER (is_measurable AND ttc_s < 3) AS ttc_below_3_0_s,
    count(*) FILTER (is_measurable AND pet_s < 1) AS pet_below_1_0_s,
    count(*) FILTER (is_measurable AND pet_s < 1.5) AS pet_below_1_5_s,
    count(*) FILTER (is_measurable AND pet_s < 5) AS pet_below_5_0_s,
    count(*) FILTER (is_measurable AND drac_m_s2 > 3.4) AS drac_above_3_4_m_s2,
    coalesce(sum(probability_ttc) FILTER (is_measurable), 0) AS expected_ttc_below_1_5_s,
    coalesce(sum(probability_pet) FILTER (is_measurable), 0) AS expected_pet_below_1_5_s,
    any_value(unmeasurable) AS unmeasurable
FROM new_rows
GROUP BY ALL;
