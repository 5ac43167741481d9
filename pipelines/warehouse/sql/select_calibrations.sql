-- Grain: one calibrated camera.
SELECT * FROM calibrations ORDER BY site_id, camera_id;
