-- Grain: one zone of a site.
SELECT zone_id, camera_id, name, purpose, area_m2, outline_m, calibration_note
FROM read_parquet($zones)
WHERE site_id = $site_id
ORDER BY name;
