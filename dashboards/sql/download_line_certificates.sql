-- Every released row of line_certificates for one site.
SELECT * FROM read_parquet($line_certificates) WHERE site_id = $site_id;
