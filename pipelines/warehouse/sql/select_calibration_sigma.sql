-- Grain: one place on a grid over a calibrated camera's picture.
SELECT t.*, s.is_simulated
FROM calibration_sigma AS t
JOIN sites AS s USING (site_id)
ORDER BY site_id, camera_id, y_px, x_px;
