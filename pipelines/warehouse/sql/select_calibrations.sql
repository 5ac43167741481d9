-- Grain: one calibrated camera.
SELECT t.*, s.is_simulated
FROM calibrations AS t
JOIN sites AS s USING (site_id)
ORDER BY site_id, camera_id;
