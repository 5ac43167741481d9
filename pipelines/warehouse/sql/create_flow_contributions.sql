-- Grain: recording x line x direction x class x quarter-hour in which somebody crossed.
CREATE TABLE IF NOT EXISTS flow_contributions (
    recording_id VARCHAR NOT NULL,
    line_id VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    count BIGINT NOT NULL
);
