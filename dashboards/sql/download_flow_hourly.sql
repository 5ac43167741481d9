-- Every released row of flow_hourly for one site.
SELECT * FROM read_parquet($flow_hourly) WHERE site_id = $site_id;
