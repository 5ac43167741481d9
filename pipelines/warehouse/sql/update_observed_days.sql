-- The local days on which some recordings were observed, from their quarter-hours.
UPDATE loads
SET observed_days = seen.days
FROM (
    SELECT recording_id, list_sort(list(DISTINCT timezone(s.time_zone, c.interval_start_utc)::DATE)) AS days
    FROM coverage_contributions AS c
    JOIN loads AS l USING (recording_id)
    JOIN sites AS s USING (site_id)
    WHERE list_contains($recording_ids, recording_id)
    GROUP BY recording_id
) AS seen
WHERE seen.recording_id = loads.recording_id;
