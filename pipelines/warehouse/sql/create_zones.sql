-- Grain: one zone, as of the last load of its site. Outlines are JSON lists of corners.
CREATE TABLE IF NOT EXISTS zones (
    zone_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    area_m2 DOUBLE NOT NULL,
    outline_m VARCHAR NOT NULL,
    outline_lonlat VARCHAR NOT NULL,
    calibration_note VARCHAR
);
