-- Grain: one recording of a site and local day: crossings found, and crossings counted.
SELECT l.recording_id, l.crossings AS found, coalesce(sum(f.count), 0)::BIGINT AS counted
FROM loads AS l
LEFT JOIN flow_contributions AS f USING (recording_id)
WHERE l.site_id = $site_id AND l.day = $day
GROUP BY ALL
ORDER BY recording_id;
