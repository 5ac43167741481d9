-- Grain: recording x junction x entry x exit x class x quarter-hour of the entry. A gate is NULL where
-- the track began or ended inside.
CREATE TABLE IF NOT EXISTS movement_contributions (
    recording_id VARCHAR NOT NULL,
    junction_id VARCHAR NOT NULL,
    entry_line_id VARCHAR,
    exit_line_id VARCHAR,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    count BIGINT NOT NULL
);
