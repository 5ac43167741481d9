-- What must be designed for? K30 of one line: its thirtieth busiest whole hour of the year over the mean whole day.
WITH hours AS (
    SELECT hour_start_local, sum(count) AS count
    FROM read_parquet($flow_hourly)
    WHERE site_id = $site_id AND line_id = $line_id AND road_user IN ('car', 'truck')
    GROUP BY ALL
    HAVING min(coverage) >= 0.999
)
SELECT
    list_sort(list(count), 'DESC')[30] AS thirtieth_busiest,
    list_sort(list(count), 'DESC')[30] / (24 * avg(count)) AS k30
FROM hours;
