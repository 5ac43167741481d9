-- Grain: one junction.
SELECT * FROM junctions ORDER BY site_id, junction_id;
