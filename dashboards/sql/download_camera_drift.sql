-- Every released row of camera_drift for one site.
SELECT * FROM read_parquet($camera_drift) WHERE site_id = $site_id;
