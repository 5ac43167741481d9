-- Every released row of speeds for one site.
SELECT * FROM read_parquet($speeds) WHERE site_id = $site_id;
