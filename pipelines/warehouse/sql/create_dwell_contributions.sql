-- Grain: recording x zone x class x kind (presence, stationary) x quarter-hour of the start x class of
-- duration; numbers of stays and stops.
CREATE TABLE IF NOT EXISTS dwell_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    up_to_s DOUBLE NOT NULL,
    ended BIGINT NOT NULL,
    censored BIGINT NOT NULL,
    start_unseen BIGINT NOT NULL
);
