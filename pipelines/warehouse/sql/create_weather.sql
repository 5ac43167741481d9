-- Grain: one hour of weather at a site.
CREATE TABLE IF NOT EXISTS weather (
    site_id VARCHAR NOT NULL,
    hour_start_utc TIMESTAMPTZ NOT NULL,
    temperature_c DOUBLE NOT NULL,
    precipitation_mm DOUBLE NOT NULL
);
