-- Grain: one zone.
SELECT * FROM zones ORDER BY site_id, zone_id;
