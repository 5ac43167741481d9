-- Grain: site: mean crossings per whole day (observed at least $least_coverage of it) over all of its
-- lines, NULL where there is none or where cameras that see the same ground would be added up, and the
-- share of the period that was observed.
WITH days AS (
    SELECT site_id, day, sum(count) AS count, sum(coverage) / sum(lines) AS coverage
    FROM site_days
    WHERE list_contains($road_users, road_user)
        AND list_contains($directions, direction)
        AND list_contains($weekdays, isodow(day))
        AND day BETWEEN $first_day AND $last_day
    GROUP BY ALL
),
sums AS (
    SELECT
        site_id,
        avg(count) FILTER (coverage >= $least_coverage) AS per_day,
        sum(coverage) / $days AS coverage,
        max(day) FILTER (coverage > 0) AS last_day
    FROM days
    GROUP BY site_id
)
SELECT
    s.site_id,
    s.name,
    CASE WHEN s.overlapping_views IS NULL THEN sums.per_day END AS per_day,
    coalesce(sums.coverage, 0) AS coverage,
    sums.last_day,
    s.origin_lon AS lon,
    s.origin_lat AS lat
FROM read_parquet($sites) AS s
JOIN sums USING (site_id)
ORDER BY per_day DESC NULLS LAST, s.name;
