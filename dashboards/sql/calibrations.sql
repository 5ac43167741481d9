-- Grain: one calibrated camera of a site.
SELECT
    camera_id,
    points,
    leave_one_out_rmse_m,
    in_sample_rmse_m,
    hull_m2,
    camera_height_m,
    focal_px,
    warnings
FROM read_parquet($calibrations)
WHERE site_id = $site_id
ORDER BY camera_id;
