-- Where is the evening peak heaviest? The ten sites with most motor vehicles from 16 to 18 on working days of a month.
SELECT site_id, sum(per_hour) / 2 AS per_hour, min(coverage) AS coverage
FROM read_parquet($flow_profiles)
WHERE NOT is_weekend AND hour BETWEEN 16 AND 17 AND road_user IN ('car', 'truck')
GROUP BY site_id
ORDER BY per_hour DESC
LIMIT 10;
