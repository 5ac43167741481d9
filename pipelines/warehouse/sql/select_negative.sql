-- Grain: one contribution of some local days of a site that cannot be: a negative count or duration.
SELECT l.day, l.recording_id, 'count' AS quantity, f.count::DOUBLE AS value
FROM flow_contributions AS f
JOIN loads AS l USING (recording_id)
WHERE l.site_id = $site_id AND list_contains($days, l.day) AND f.count < 0
UNION ALL
SELECT l.day, l.recording_id, 'observed_s', c.observed_s
FROM coverage_contributions AS c
JOIN loads AS l USING (recording_id)
WHERE l.site_id = $site_id AND list_contains($days, l.day) AND c.observed_s < 0
UNION ALL
SELECT l.day, l.recording_id, 'presence_s', o.presence_s
FROM occupancy_contributions AS o
JOIN loads AS l USING (recording_id)
WHERE l.site_id = $site_id AND list_contains($days, l.day) AND o.presence_s < 0;
