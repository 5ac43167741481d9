-- Grain: one site with at least one released day.
SELECT DISTINCT s.site_id, s.name, s.is_simulated
FROM read_parquet($sites) AS s
JOIN read_parquet($quality) AS q USING (site_id)
ORDER BY s.name;
