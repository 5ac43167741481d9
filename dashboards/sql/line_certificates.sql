-- Grain: one counting line on the ground of a site, with how well metres are known on it.
SELECT c.camera_id, c.line_id, l.name, c.px_per_m, c.sigma_m, c.trusted_share, c.visible_share
FROM read_parquet($line_certificates) AS c
JOIN read_parquet($counting_lines) AS l USING (site_id, line_id)
WHERE c.site_id = $site_id
ORDER BY c.camera_id, l.name;
