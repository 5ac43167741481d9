-- Grain: one counting line.
SELECT * FROM counting_lines ORDER BY site_id, line_id;
