-- Every released row of zone_occupancy for one site.
SELECT * FROM read_parquet($zone_occupancy) WHERE site_id = $site_id;
