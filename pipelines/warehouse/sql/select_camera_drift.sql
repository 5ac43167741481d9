-- Grain: calibrated camera of one site on some local days; coverage is the share of recordings that could be compared.
SELECT
    d.site_id,
    d.camera_id,
    d.day,
    count(*) AS recordings,
    count(d.drift_m) / count(*) AS coverage,
    max(d.drift_px) AS drift_px,
    max(d.drift_m) AS drift_m,
    bool_or(d.is_drifted) AS is_drifted,
    max(l.revision) AS revision,
    string_agg(DISTINCT l.detector, ', ' ORDER BY l.detector) AS detector,
    string_agg(DISTINCT l.site_version, ', ' ORDER BY l.site_version) AS site_version,
    any_value(s.is_simulated) AS is_simulated
FROM drift_contributions AS d
JOIN loads AS l USING (recording_id)
JOIN sites AS s ON s.site_id = d.site_id
WHERE d.site_id = $site_id AND list_contains($days, d.day)
GROUP BY d.site_id, d.camera_id, d.day
ORDER BY d.day, d.camera_id;
