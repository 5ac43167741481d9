-- Grain: kind of stay in one zone (presence, stationary) by hour of day, classes summed: stays ended
-- and censored, and the mean over hours of the median stay, weighted by stays.
SELECT
    kind,
    hour(interval_start_local) AS hour,
    sum(ended)::BIGINT AS ended,
    sum(censored)::BIGINT AS censored,
    sum(median_s * (ended + censored)) FILTER (median_s IS NOT NULL)
        / nullif(sum(ended + censored) FILTER (median_s IS NOT NULL), 0) AS median_s,
    sum(p75_s * (ended + censored)) FILTER (p75_s IS NOT NULL)
        / nullif(sum(ended + censored) FILTER (p75_s IS NOT NULL), 0) AS p75_s,
    sum(coverage) AS observed_h
FROM read_parquet($dwell)
WHERE site_id = $site_id
    AND zone_id = $zone_id
    AND list_contains($road_users, road_user)
    AND list_contains($weekdays, isodow(interval_start_local))
    AND interval_start_local::DATE BETWEEN $first_day AND $last_day
GROUP BY ALL
ORDER BY kind, hour;
