-- Every released row of dwell for one site.
SELECT * FROM read_parquet($dwell) WHERE site_id = $site_id;
