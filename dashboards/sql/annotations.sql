-- Grain: one event that touches a range of local days of a site. A lasting change is an event of the
-- day on which it began.
SELECT
    kind,
    text,
    start_local::DATE AS first_day,
    coalesce(end_local - INTERVAL 1 MICROSECOND, start_local)::DATE AS last_day
FROM read_parquet($annotations)
WHERE site_id = $site_id
    AND start_local::DATE <= $last_day
    AND coalesce(end_local - INTERVAL 1 MICROSECOND, start_local)::DATE >= $first_day
ORDER BY first_day, text;
