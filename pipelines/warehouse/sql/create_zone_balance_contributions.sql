-- Grain: recording x zone x class x quarter-hour in which somebody came, left, was lost or stood.
CREATE TABLE IF NOT EXISTS zone_balance_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    entries BIGINT NOT NULL,
    exits BIGINT NOT NULL,
    births BIGINT NOT NULL,
    deaths BIGINT NOT NULL,
    gaps BIGINT NOT NULL,
    gap_s DOUBLE NOT NULL,
    stationary_s DOUBLE NOT NULL
);
