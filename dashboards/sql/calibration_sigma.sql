-- Grain: camera x place of a grid over its picture, where the error of a pedestrian's place is below $most_m.
SELECT camera_id, east_m, north_m, sigma_m, is_trusted
FROM read_parquet($calibration_sigma)
WHERE site_id = $site_id AND sigma_m <= $most_m
ORDER BY camera_id, y_px, x_px;
