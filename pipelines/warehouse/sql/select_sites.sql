-- Grain: one site.
SELECT * FROM sites ORDER BY site_id;
