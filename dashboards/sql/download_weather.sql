-- Every released row of weather for one site.
SELECT * FROM read_parquet($weather) WHERE site_id = $site_id;
