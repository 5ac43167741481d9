-- Grain: one zone.
SELECT t.*, s.is_simulated
FROM zones AS t
JOIN sites AS s USING (site_id)
ORDER BY site_id, zone_id;
