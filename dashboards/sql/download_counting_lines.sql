-- Every released row of counting_lines for one site.
SELECT * FROM read_parquet($counting_lines) WHERE site_id = $site_id;
