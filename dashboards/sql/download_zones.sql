-- Every released row of zones for one site.
SELECT * FROM read_parquet($zones) WHERE site_id = $site_id;
