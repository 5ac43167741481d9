-- Grain: one recording of a site and local day: seconds recorded, seconds observed, and the highest
-- coverage of a quarter-hour of its camera, which is over 1 where recordings overlap.
SELECT
    l.recording_id,
    l.expected_s,
    l.observed_s,
    max(p.coverage) AS highest_coverage
FROM loads AS l
LEFT JOIN (
    SELECT camera_id, road_user, interval_start_utc, sum(observed_s) / 900 AS coverage
    FROM coverage_contributions
    GROUP BY ALL
) AS p ON p.camera_id = l.camera_id AND p.interval_start_utc BETWEEN l.start_utc - INTERVAL 15 MINUTE AND l.end_utc
WHERE l.site_id = $site_id AND l.day = $day
GROUP BY ALL
ORDER BY recording_id;
