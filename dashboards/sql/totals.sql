-- Grain: line x direction x class of a site over a range of local days: crossings counted in what was
-- observed, and the hours observed. Lines nobody observed do not appear.
SELECT
    line_id,
    direction,
    road_user,
    sum(count)::BIGINT AS count,
    sum(coverage) / 4 AS observed_h
FROM read_parquet($flow_counts)
WHERE site_id = $site_id
    AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    AND coverage > 0
GROUP BY ALL
ORDER BY line_id, direction, road_user;
