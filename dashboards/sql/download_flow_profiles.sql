-- Every released row of flow_profiles for one site.
SELECT * FROM read_parquet($flow_profiles) WHERE site_id = $site_id;
