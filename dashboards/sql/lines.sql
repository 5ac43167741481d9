-- Grain: one counting line of a site.
SELECT line_id, camera_id, name, space, forward, backward, path_wkt, calibration_note
FROM read_parquet($counting_lines)
WHERE site_id = $site_id
ORDER BY name;
