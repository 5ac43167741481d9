-- Grain: one site with at least one released day.
SELECT site_id, name, is_simulated, origin_lon, origin_lat, time_zone, overlapping_views
FROM read_parquet($sites)
WHERE list_contains($site_ids, site_id)
ORDER BY name;
