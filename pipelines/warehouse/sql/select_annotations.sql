-- Grain: one thing to know about a site in a stretch of time, local days touched included.
SELECT
    a.*,
    timezone(s.time_zone, a.start_utc) AS start_local,
    timezone(s.time_zone, a.end_utc) AS end_local,
    s.is_simulated
FROM annotations AS a
JOIN sites AS s USING (site_id)
ORDER BY a.site_id, a.start_utc, a.kind, a.text;
