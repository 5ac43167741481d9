-- Grain: one recording of some local days of a site: seconds recorded, seconds observed, and the
-- highest coverage of a quarter-hour it took part in, which is over 1 where recordings overlap.
WITH quarters AS (
    SELECT camera_id, road_user, interval_start_utc, sum(observed_s) / 900 AS coverage
    FROM coverage_contributions
    GROUP BY ALL
)
SELECT
    l.day,
    l.recording_id,
    l.expected_s,
    l.observed_s,
    max(q.coverage) AS highest_coverage
FROM loads AS l
LEFT JOIN coverage_contributions AS c USING (recording_id)
LEFT JOIN quarters AS q
    ON q.camera_id = c.camera_id AND q.road_user = c.road_user AND q.interval_start_utc = c.interval_start_utc
WHERE l.site_id = $site_id AND list_contains($days, l.day)
GROUP BY ALL
ORDER BY day, recording_id;
