-- Grain: camera x local day of a site.
SELECT camera_id, day, recordings, recorded_s, observed_s, coverage, detector, site_version, leave_one_out_rmse_m, calibration_note, revision
FROM read_parquet($quality)
WHERE site_id = $site_id
ORDER BY day, camera_id;
