-- Grain: one counting line of a site.
SELECT line_id, name, space, forward, backward, start_x, start_y, end_x, end_y, calibration_note
FROM read_parquet($counting_lines)
WHERE site_id = $site_id
ORDER BY name;
