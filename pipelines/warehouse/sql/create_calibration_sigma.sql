-- Grain: one place on a grid over a calibrated camera's picture.
CREATE TABLE IF NOT EXISTS calibration_sigma (
    site_id VARCHAR NOT NULL,
    camera_id VARCHAR NOT NULL,
    x_px DOUBLE NOT NULL,
    y_px DOUBLE NOT NULL,
    east_m DOUBLE NOT NULL,
    north_m DOUBLE NOT NULL,
    sigma_m DOUBLE NOT NULL,
    is_trusted BOOLEAN NOT NULL
);
