-- How was this week? Direction x quarter-hour of one line, classes summed.
SELECT direction, interval_start_local, sum(count)::BIGINT AS count, min(coverage) AS coverage
FROM read_parquet($flow_counts)
WHERE site_id = $site_id AND line_id = $line_id AND interval_start_local::DATE BETWEEN $day AND $day + 6
GROUP BY ALL
ORDER BY ALL;
