-- Grain: standard x letter of one zone: observed quarter-hours with that letter of pedestrian crowding, how many
-- letters the standard has, and how probable the letter is on average, NULL while counts are not validated.
WITH letters AS (
    SELECT *, max(rank) OVER (PARTITION BY standard) AS ranks FROM read_parquet($service_levels)
)
SELECT
    l.standard,
    l.letter,
    v.rank,
    v.ranks,
    count(*) AS quarters,
    bool_or(l.is_at_least) AS is_at_least,
    avg(l.letter_probability) AS probability
FROM read_parquet($level_of_service) AS l
JOIN letters AS v USING (standard, letter)
WHERE l.site_id = $site_id
    AND l.zone_id = $zone_id
    AND list_contains($weekdays, isodow(l.interval_start_local))
    AND list_contains($hours, hour(l.interval_start_local))
    AND l.interval_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY l.standard, v.rank;
