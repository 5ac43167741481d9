-- Grain: one recording of some local days of a site: crossings counted, and tracks counted in movements.
SELECT
    l.day,
    l.recording_id,
    coalesce((SELECT sum(f.count) FROM flow_contributions AS f WHERE f.recording_id = l.recording_id), 0)::BIGINT AS crossings,
    coalesce((SELECT sum(m.count) FROM movement_contributions AS m WHERE m.recording_id = l.recording_id), 0)::BIGINT AS movements
FROM loads AS l
WHERE l.site_id = $site_id AND list_contains($days, l.day)
ORDER BY day, recording_id;
