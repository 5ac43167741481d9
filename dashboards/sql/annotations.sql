-- Grain: one thing to know about a site that touches a range of local days.
SELECT kind, text, start_local, end_local
FROM read_parquet($annotations)
WHERE site_id = $site_id
    AND start_local < $last_day + INTERVAL 1 DAY
    AND (end_local IS NULL OR end_local > $first_day)
ORDER BY start_local, kind, text;
