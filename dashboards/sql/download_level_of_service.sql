-- Every released row of level_of_service for one site.
SELECT * FROM read_parquet($level_of_service) WHERE site_id = $site_id;
