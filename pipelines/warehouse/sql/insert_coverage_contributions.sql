-- Cuts the observed intervals of recordings (new_rows: recording_id, camera_id, start_utc, end_utc,
-- road_user) at quarter-hours.
INSERT INTO coverage_contributions BY NAME
SELECT
    recording_id,
    camera_id,
    road_user,
    interval_start_utc,
    sum(epoch_us(least(end_utc, interval_start_utc + INTERVAL 15 MINUTE)) - epoch_us(greatest(start_utc, interval_start_utc))) / 1e6 AS observed_s
FROM (
    SELECT
        recording_id,
        camera_id,
        start_utc,
        end_utc,
        road_user,
        unnest(range(time_bucket(INTERVAL 15 MINUTE, start_utc), end_utc, INTERVAL 15 MINUTE)) AS interval_start_utc
    FROM new_rows
)
GROUP BY ALL;
