-- Grain: one counting line, as of the last load of its site. Ends in pixels (space 'image') or in
-- site-local metres and WGS84 (space 'ground').
CREATE TABLE IF NOT EXISTS counting_lines (
    line_id VARCHAR NOT NULL,
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    space VARCHAR NOT NULL,
    forward VARCHAR NOT NULL,
    backward VARCHAR NOT NULL,
    start_x DOUBLE NOT NULL,
    start_y DOUBLE NOT NULL,
    end_x DOUBLE NOT NULL,
    end_y DOUBLE NOT NULL,
    start_lon DOUBLE,
    start_lat DOUBLE,
    end_lon DOUBLE,
    end_lat DOUBLE,
    calibration_note VARCHAR
);
