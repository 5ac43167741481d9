-- Grain: one counting line on the ground.
SELECT * FROM line_certificates ORDER BY site_id, line_id;
