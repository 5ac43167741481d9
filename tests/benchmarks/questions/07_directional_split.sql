-- Which way do they go, and when? Line x hour of working days of a month: share that goes forward.
SELECT line_id, hour, sum(per_hour) FILTER (direction = 'forward') / nullif(sum(per_hour), 0) AS forward_share
FROM read_parquet($flow_profiles)
WHERE site_id = $site_id AND NOT is_weekend
GROUP BY ALL
ORDER BY ALL;
