-- Grain: one place on a grid over a calibrated camera's picture.
SELECT * FROM calibration_sigma ORDER BY site_id, camera_id, y_px, x_px;
