-- Every released row of occupancy for one site.
SELECT * FROM read_parquet($occupancy) WHERE site_id = $site_id;
