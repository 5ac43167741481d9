-- The local days on which a recording was observed, once for each recording, so that nobody has to look
-- through a city's quarter-hours to learn which days there are.
ALTER TABLE loads ADD COLUMN observed_days DATE[];
UPDATE loads
SET observed_days = seen.days
FROM (
    SELECT recording_id, list_sort(list(DISTINCT timezone(s.time_zone, c.interval_start_utc)::DATE)) AS days
    FROM coverage_contributions AS c
    JOIN loads AS l USING (recording_id)
    JOIN sites AS s USING (site_id)
    GROUP BY recording_id
) AS seen
WHERE seen.recording_id = loads.recording_id;
