-- Every released row of service_levels, which are the same for all sites.
SELECT * FROM read_parquet($service_levels) WHERE $site_id IS NOT NULL;
