-- Did it work? Class of one site: mean whole day of the month before and after, weekdays weighted alike.
WITH days AS (
    SELECT road_user, day >= $day AS is_after, isodow(day) AS weekday, day, sum(count) AS count
    FROM read_parquet($flow_daily)
    WHERE site_id = $site_id AND day BETWEEN $day - 28 AND $day + 27
    GROUP BY ALL
    HAVING min(coverage) >= 0.95
),
weekdays AS (
    SELECT road_user, is_after, weekday, avg(count) AS per_day FROM days GROUP BY ALL
)
SELECT road_user, avg(per_day) FILTER (NOT is_after) AS before, avg(per_day) FILTER (is_after) AS after
FROM weekdays
GROUP BY road_user
ORDER BY road_user;
