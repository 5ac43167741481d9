-- How did the year go? Local day of one site, all lines summed, beside the mean of the seven days up to it.
WITH days AS (
    SELECT day, sum(count) AS count, avg(coverage) AS coverage
    FROM read_parquet($flow_daily)
    WHERE site_id = $site_id
    GROUP BY day
)
SELECT day, count, coverage, avg(count) OVER (ORDER BY day ROWS 6 PRECEDING) AS seven_day_mean
FROM days
ORDER BY day;
