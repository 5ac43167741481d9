-- Grain: one recording of a site and local day: crossings counted, and tracks counted in movements.
SELECT
    l.recording_id,
    coalesce((SELECT sum(f.count) FROM flow_contributions AS f WHERE f.recording_id = l.recording_id), 0)::BIGINT AS crossings,
    coalesce((SELECT sum(m.count) FROM movement_contributions AS m WHERE m.recording_id = l.recording_id), 0)::BIGINT AS movements
FROM loads AS l
WHERE l.site_id = $site_id AND l.day = $day
ORDER BY recording_id;
