-- What happened in the city on this day? Site x class, all lines summed.
SELECT site_id, road_user, sum(count)::BIGINT AS count, avg(coverage) AS coverage
FROM read_parquet($flow_daily)
WHERE day = $day
GROUP BY ALL
ORDER BY ALL;
