-- Grain: one counting line.
SELECT l.*, s.is_simulated
FROM counting_lines AS l
JOIN sites AS s USING (site_id)
ORDER BY site_id, line_id;
