-- Grain: camera x local day of a range, whose recordings were held against the reference; NULL: cannot be told.
SELECT camera_id, day, recordings, drift_px, drift_m, is_drifted
FROM read_parquet($camera_drift)
WHERE site_id = $site_id AND day BETWEEN $first_day AND $last_day
ORDER BY camera_id, day;
