-- Every released row of flow_daily for one site.
SELECT * FROM read_parquet($flow_daily) WHERE site_id = $site_id;
