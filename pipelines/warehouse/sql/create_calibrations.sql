-- Grain: one calibrated camera, as of the last load that touched its site.
CREATE TABLE IF NOT EXISTS calibrations (
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    points INTEGER NOT NULL,
    leave_one_out_rmse_m DOUBLE NOT NULL,
    in_sample_rmse_m DOUBLE NOT NULL,
    variance_factor DOUBLE NOT NULL,
    hull_m2 DOUBLE NOT NULL,
    hull_wkt VARCHAR NOT NULL,
    camera_height_m DOUBLE,
    focal_px DOUBLE,
    warnings VARCHAR,
    calibration_note VARCHAR
);
