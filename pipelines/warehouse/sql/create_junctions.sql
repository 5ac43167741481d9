-- Grain: one junction, as of the last load of its site.
CREATE TABLE IF NOT EXISTS junctions (
    junction_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    gates VARCHAR NOT NULL,
    calibration_note VARCHAR
);
