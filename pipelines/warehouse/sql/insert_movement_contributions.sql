-- Counts a recording's movements (new_rows) by quarter-hour of the entry.
INSERT INTO movement_contributions BY NAME
SELECT
    recording_id,
    junction_id,
    entry_line_id,
    exit_line_id,
    road_user::VARCHAR AS road_user,
    time_bucket(INTERVAL 15 MINUTE, entry_time_utc) AS interval_start_utc,
    count(*) AS count
FROM new_rows
GROUP BY ALL;
