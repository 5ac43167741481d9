-- Every released row of conflicts for one site.
SELECT * FROM read_parquet($conflicts) WHERE site_id = $site_id;
