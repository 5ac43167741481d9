-- Who passes? Month x class of one site: crossings and their share of the month's.
SELECT
    date_trunc('month', day) AS month,
    road_user,
    sum(count)::BIGINT AS count,
    sum(count) / sum(sum(count)) OVER (PARTITION BY date_trunc('month', day)) AS share
FROM read_parquet($flow_daily)
WHERE site_id = $site_id
GROUP BY ALL
ORDER BY ALL;
