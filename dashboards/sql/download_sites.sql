-- Every released row of sites for one site.
SELECT * FROM read_parquet($sites) WHERE site_id = $site_id;
