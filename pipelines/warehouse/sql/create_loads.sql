-- Grain: one recording whose contributions are in the warehouse, and where they come from.
-- has_positions tells whether its road users were placed on the ground, which densities rest on.
CREATE TABLE IF NOT EXISTS loads (
    recording_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    day DATE NOT NULL,
    start_utc TIMESTAMPTZ NOT NULL,
    end_utc TIMESTAMPTZ NOT NULL,
    expected_s DOUBLE NOT NULL,
    observed_s DOUBLE NOT NULL,
    crossings BIGINT NOT NULL,
    has_positions BOOLEAN NOT NULL,
    detector VARCHAR NOT NULL,
    detector_digest VARCHAR NOT NULL,
    site_version VARCHAR NOT NULL,
    leave_one_out_rmse_m DOUBLE,
    calibration_note VARCHAR,
    digest VARCHAR NOT NULL,
    revision INTEGER NOT NULL
);
