-- Grain: camera of one site on some local days: what was recorded, what was seen of it, by what.
SELECT
    l.site_id,
    l.camera_id,
    l.day,
    count(*) AS recordings,
    sum(l.expected_s) AS recorded_s,
    sum(l.observed_s) AS observed_s,
    sum(l.observed_s) / epoch(
        timezone(any_value(s.time_zone), (l.day + 1)::TIMESTAMP) - timezone(any_value(s.time_zone), l.day::TIMESTAMP)
    ) AS coverage,
    string_agg(DISTINCT l.detector, ', ' ORDER BY l.detector) AS detector,
    string_agg(DISTINCT l.site_version, ', ' ORDER BY l.site_version) AS site_version,
    max(l.leave_one_out_rmse_m) AS leave_one_out_rmse_m,
    any_value(l.calibration_note) AS calibration_note,
    max(l.revision) AS revision,
    any_value(s.is_simulated) AS is_simulated
FROM loads AS l
JOIN sites AS s USING (site_id)
WHERE l.site_id = $site_id AND list_contains($days, l.day)
GROUP BY l.site_id, l.camera_id, l.day
ORDER BY day, camera_id;
