-- All rows.
DELETE FROM service_levels;
