-- Every released row of junctions for one site.
SELECT * FROM read_parquet($junctions) WHERE site_id = $site_id;
