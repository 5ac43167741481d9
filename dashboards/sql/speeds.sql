-- Grain: line x direction of a site over a range of local days, classes together: crossings, how many of them
-- have a speed, the means of those (space mean: harmonic, weighted by them) and why others have none; and how
-- closely vehicles follow each other.
WITH measured AS (
    SELECT line_id, direction, road_user, interval_start_utc, sum(n) AS measured
    FROM read_parquet($speed_histogram)
    WHERE site_id = $site_id
        AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT
    s.line_id,
    s.direction,
    sum(s.n)::BIGINT AS crossings,
    coalesce(sum(m.measured), 0)::BIGINT AS measured,
    sum(m.measured * s.time_mean_m_s) / sum(m.measured) AS time_mean_m_s,
    sum(m.measured) / sum(m.measured / s.space_mean_m_s) AS space_mean_m_s,
    sqrt(sum(m.measured * s.sigma_m_s ** 2) / sum(m.measured)) AS sigma_m_s,
    sum(s.headway_n * s.mean_headway_s) / nullif(sum(s.headway_n), 0) AS mean_headway_s,
    sum(s.gap_n)::BIGINT AS gaps,
    sum(s.gap_n * s.mean_gap_s) / nullif(sum(s.gap_n), 0) AS mean_gap_s,
    sum(s.close_n) / nullif(sum(s.gap_n), 0) AS close_share,
    list_sort(list(DISTINCT s.reason) FILTER (s.reason IS NOT NULL)) AS reasons
FROM read_parquet($speeds) AS s
LEFT JOIN measured AS m
    ON m.line_id = s.line_id
    AND m.direction = s.direction
    AND m.road_user = s.road_user
    AND m.interval_start_utc = s.interval_start_utc
WHERE s.site_id = $site_id
    AND list_contains($road_users, s.road_user)
    AND list_contains($directions, s.direction)
    AND list_contains($weekdays, isodow(s.interval_start_local))
    AND list_contains($hours, hour(s.interval_start_local))
    AND s.interval_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY line_id, direction;
