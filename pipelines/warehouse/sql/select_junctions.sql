-- Grain: one junction.
SELECT t.*, s.is_simulated
FROM junctions AS t
JOIN sites AS s USING (site_id)
ORDER BY site_id, junction_id;
