-- Every released row of calibrations for one site.
SELECT * FROM read_parquet($calibrations) WHERE site_id = $site_id;
