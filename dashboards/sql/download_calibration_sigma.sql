-- Every released row of calibration_sigma for one site.
SELECT * FROM read_parquet($calibration_sigma) WHERE site_id = $site_id;
