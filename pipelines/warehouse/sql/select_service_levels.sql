-- Grain: letter of one standard.
SELECT * FROM service_levels ORDER BY standard, rank;
