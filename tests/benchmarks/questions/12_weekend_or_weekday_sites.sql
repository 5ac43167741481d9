-- Commuting or leisure? Site over the year: cyclists on a weekend day over those on a working day.
WITH days AS (
    SELECT site_id, month, is_weekend, sum(per_hour) AS per_day
    FROM read_parquet($flow_profiles)
    WHERE road_user = 'cyclist'
    GROUP BY ALL
)
SELECT site_id, avg(per_day) FILTER (is_weekend) / nullif(avg(per_day) FILTER (NOT is_weekend), 0) AS weekend_ratio
FROM days
GROUP BY site_id
ORDER BY weekend_ratio DESC;
