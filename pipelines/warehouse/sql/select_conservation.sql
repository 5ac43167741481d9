-- Grain: one recording of some local days of a site: crossings found, and crossings counted.
SELECT l.day, l.recording_id, l.crossings AS found, coalesce(sum(f.count), 0)::BIGINT AS counted
FROM loads AS l
LEFT JOIN flow_contributions AS f USING (recording_id)
WHERE l.site_id = $site_id AND list_contains($days, l.day)
GROUP BY ALL
ORDER BY day, recording_id;
