-- Grain: recording x queue zone x quarter-hour x size of the queue that stood there.
CREATE TABLE IF NOT EXISTS queue_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    vehicles INTEGER NOT NULL,
    length_m INTEGER NOT NULL,
    duration_s DOUBLE NOT NULL,
    unmeasurable VARCHAR
);
