-- Every released row of flow_counts for one site.
SELECT * FROM read_parquet($flow_counts) WHERE site_id = $site_id;
