-- Grain: recording x zone x type x pair of classes x quarter-hour in which conflicts were found.
CREATE TABLE IF NOT EXISTS conflict_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    other_road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    conflicts BIGINT NOT NULL,
    not_measured BIGINT NOT NULL,
    ttc_below_1_0_s BIGINT NOT NULL,
    ttc_below_1_5_s BIGINT NOT NULL,
    ttc_below_3_0_s BIGINT NOT NULL,
    pet_below_1_0_s BIGINT NOT NULL,
    pet_below_1_5_s BIGINT NOT NULL,
    pet_below_5_0_s BIGINT NOT NULL,
    drac_above_3_4_m_s2 BIGINT NOT NULL,
    expected_ttc_below_1_5_s DOUBLE NOT NULL,
    expected_pet_below_1_5_s DOUBLE NOT NULL,
    unmeasurable VARCHAR
);
