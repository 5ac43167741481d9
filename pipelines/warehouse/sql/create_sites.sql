-- Grain: one site, as of the last load that touched it.
CREATE TABLE IF NOT EXISTS sites (
    site_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    time_zone VARCHAR NOT NULL,
    crs VARCHAR,
    origin_lon DOUBLE,
    origin_lat DOUBLE,
    is_simulated BOOLEAN NOT NULL,
    site_version VARCHAR NOT NULL,
    plan_geojson VARCHAR,
    overlapping_views VARCHAR
);
