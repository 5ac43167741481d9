-- Grain: one junction of a site.
SELECT junction_id, name, gates, calibration_note FROM read_parquet($junctions) WHERE site_id = $site_id ORDER BY name;
