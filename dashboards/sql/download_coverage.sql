-- Every released row of coverage for one site.
SELECT * FROM read_parquet($coverage) WHERE site_id = $site_id;
