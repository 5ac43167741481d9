-- Commuting or leisure? Site over the year: cyclists on a weekend day over those on a working day, each the mean over
-- twelve months, all lines summed.
WITH directions AS (
    SELECT site_id, avg(per_weekend_day) AS per_weekend_day, avg(per_working_day) AS per_working_day
    FROM read_parquet($flow_monthly)
    WHERE road_user = 'cyclist'
    GROUP BY site_id, line_id, direction
)
SELECT site_id, sum(per_weekend_day) / nullif(sum(per_working_day), 0) AS weekend_ratio
FROM directions
GROUP BY site_id
ORDER BY weekend_ratio DESC;
