-- Grain: kind of stay in one zone (presence, stationary) by hour of day, classes summed: stays ended
-- and censored, and the mean over hours of the median stay, weighted by stays. Its 95 % interval adds those
-- of the hours in squares, taking hours as independent; NULL where one of them is open.
WITH hours AS (
    SELECT *, hour(interval_start_local) AS hour, ended + censored AS stays
    FROM read_parquet($dwell)
    WHERE site_id = $site_id
        AND zone_id = $zone_id
        AND list_contains($road_users, road_user)
        AND list_contains($weekdays, isodow(interval_start_local))
        AND list_contains($hours, hour(interval_start_local))
        AND interval_start_local::DATE BETWEEN $first_day AND $last_day
),
sums AS (
    SELECT
        kind,
        hour,
        sum(ended)::BIGINT AS ended,
        sum(censored)::BIGINT AS censored,
        sum(median_s * stays) / nullif(sum(stays) FILTER (median_s IS NOT NULL), 0) AS median_s,
        sum(p25_s * stays) / nullif(sum(stays) FILTER (p25_s IS NOT NULL), 0) AS p25_s,
        sum(p75_s * stays) / nullif(sum(stays) FILTER (p75_s IS NOT NULL), 0) AS p75_s,
        sum(stays) FILTER (median_s IS NOT NULL) AS timed,
        sqrt(sum(((median_s - median_lo95_s) * stays) ** 2)) AS below,
        sqrt(sum(((median_hi95_s - median_s) * stays) ** 2)) AS above,
        count(median_s) AS medians,
        count(median_lo95_s) FILTER (median_s IS NOT NULL) AS lows,
        count(median_hi95_s) FILTER (median_s IS NOT NULL) AS highs,
        sum(coverage) AS observed_h
    FROM hours
    GROUP BY ALL
)
SELECT
    kind,
    hour,
    ended,
    censored,
    median_s,
    CASE WHEN lows = medians THEN greatest(0, median_s - below / timed) END AS median_lo95_s,
    CASE WHEN highs = medians THEN median_s + above / timed END AS median_hi95_s,
    p25_s,
    p75_s,
    observed_h
FROM sums
ORDER BY kind, hour;
