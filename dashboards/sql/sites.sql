-- Grain: one site with at least one released day.
SELECT DISTINCT s.site_id, s.name, s.is_simulated, s.origin_lon, s.origin_lat, s.time_zone
FROM read_parquet($sites) AS s
JOIN read_parquet($quality) AS q USING (site_id)
ORDER BY s.name;
