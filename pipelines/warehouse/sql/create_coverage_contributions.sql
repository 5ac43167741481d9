-- Grain: recording x class x quarter-hour. Seconds in which the recording was observed by a detector
-- that can tell the class.
CREATE TABLE IF NOT EXISTS coverage_contributions (
    recording_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    observed_s DOUBLE NOT NULL
);
