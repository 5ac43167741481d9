-- Grain: recording x line x direction x class x quarter-hour x speed bin of 1 km/h in which somebody crossed.
CREATE TABLE IF NOT EXISTS speed_contributions (
    recording_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    bin_km_h INTEGER NOT NULL,
    n BIGINT NOT NULL,
    free BIGINT NOT NULL,
    speed_m_s DOUBLE NOT NULL,
    slowness_s_m DOUBLE NOT NULL,
    variance_m2_s2 DOUBLE NOT NULL,
    unmeasurable VARCHAR
);
