-- Counts the crossings of recordings (new_rows) by quarter-hour.
INSERT INTO flow_contributions BY NAME
SELECT
    recording_id,
    line_id,
    direction::VARCHAR AS direction,
    road_user::VARCHAR AS road_user,
    time_bucket(INTERVAL 15 MINUTE, time_utc) AS interval_start_utc,
    count(*) AS count
FROM new_rows
GROUP BY ALL;
