-- Every released row of flow_monthly for one site.
SELECT * FROM read_parquet($flow_monthly) WHERE site_id = $site_id;
