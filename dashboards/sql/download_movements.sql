-- Every released row of movements for one site.
SELECT * FROM read_parquet($movements) WHERE site_id = $site_id;
