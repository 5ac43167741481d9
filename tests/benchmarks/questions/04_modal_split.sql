-- Who passes? Month x class of one site: crossings and their share of the month's.
WITH months AS (
    SELECT date_trunc('month', day) AS month, road_user, sum(count)::BIGINT AS count
    FROM read_parquet($flow_daily)
    WHERE site_id = $site_id
    GROUP BY ALL
)
SELECT month, road_user, count, count / sum(count) OVER (PARTITION BY month) AS share
FROM months
ORDER BY ALL;
