-- Grain: one hour of weather at a site.
SELECT w.*, timezone(s.time_zone, w.hour_start_utc) AS hour_start_local, s.is_simulated
FROM weather AS w
JOIN sites AS s USING (site_id)
ORDER BY w.site_id, w.hour_start_utc;
