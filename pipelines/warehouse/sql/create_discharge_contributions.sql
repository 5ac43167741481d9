-- Grain: recording x stop line x direction x quarter-hour in which queues flowed off.
CREATE TABLE IF NOT EXISTS discharge_contributions (
    recording_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    queues BIGINT NOT NULL,
    vehicles BIGINT NOT NULL,
    first_four_s DOUBLE NOT NULL,
    saturated BIGINT NOT NULL,
    saturated_s DOUBLE NOT NULL
);
