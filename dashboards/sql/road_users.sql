-- Grain: class that a detector of the site could tell on some day.
SELECT DISTINCT road_user FROM read_parquet($flow_daily) WHERE site_id = $site_id ORDER BY road_user;
