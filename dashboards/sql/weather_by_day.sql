-- Grain: local day of a site: precipitation of its known hours and their mean temperature.
SELECT
    hour_start_local::DATE AS day,
    sum(precipitation_mm) AS precipitation_mm,
    avg(temperature_c) AS temperature_c
FROM read_parquet($weather)
WHERE site_id = $site_id
    AND hour_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY day;
