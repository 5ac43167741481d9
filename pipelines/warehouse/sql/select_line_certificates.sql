-- Grain: one counting line on the ground.
SELECT t.*, s.is_simulated
FROM line_certificates AS t
JOIN sites AS s USING (site_id)
ORDER BY site_id, line_id;
