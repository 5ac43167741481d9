-- Every released row of quality for one site.
SELECT * FROM read_parquet($quality) WHERE site_id = $site_id;
