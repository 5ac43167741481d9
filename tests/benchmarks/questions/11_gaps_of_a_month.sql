-- What did we miss? Sites and days of a month that were observed for less than 95 %.
SELECT site_id, day, avg(coverage) AS coverage
FROM read_parquet($flow_daily)
GROUP BY ALL
HAVING avg(coverage) < 0.95
ORDER BY ALL;
