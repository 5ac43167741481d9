-- Grain: one zone of a site; the largest where people are comes first, for it is what a reader asks about.
SELECT zone_id, camera_id, name, purpose, area_m2, outline_m, calibration_note
FROM read_parquet($zones)
WHERE site_id = $site_id
ORDER BY purpose = 'presence' DESC, area_m2 DESC, name;
