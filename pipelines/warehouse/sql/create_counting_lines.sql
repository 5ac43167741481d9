-- Grain: one counting line, as of the last load of its site. Its path as well-known text, in pixels
-- (space 'image') or in site-local metres and WGS84 (space 'ground').
CREATE TABLE IF NOT EXISTS counting_lines (
    line_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    space VARCHAR NOT NULL,
    forward VARCHAR NOT NULL,
    backward VARCHAR NOT NULL,
    path_wkt VARCHAR NOT NULL,
    path_lonlat_wkt VARCHAR,
    calibration_note VARCHAR
);
