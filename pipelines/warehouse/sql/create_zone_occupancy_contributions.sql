-- Grain: recording x zone x class x quarter-hour in which somebody was there (Edie sums).
CREATE TABLE IF NOT EXISTS zone_occupancy_contributions (
    recording_id VARCHAR NOT NULL,
    zone_id VARCHAR NOT NULL,
    road_user VARCHAR NOT NULL,
    interval_start_utc TIMESTAMPTZ NOT NULL,
    presence_s DOUBLE NOT NULL,
    dx_m DOUBLE NOT NULL,
    dy_m DOUBLE NOT NULL,
    way_m DOUBLE NOT NULL
);
