-- Every released row of annotations for one site.
SELECT * FROM read_parquet($annotations) WHERE site_id = $site_id;
