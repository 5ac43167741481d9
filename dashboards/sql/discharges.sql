-- Grain: stop line x direction over a range of local days: the saturation headway over all headways from the
-- fourth vehicle on, and what the first four of a queue lose, per queue.
WITH sums AS (
    SELECT
        line_id,
        direction,
        sum(queues) AS queues,
        sum(vehicles) AS vehicles,
        sum(saturation_headway_s * (vehicles - 4 * queues)) / sum(vehicles - 4 * queues) AS headway_s,
        sum((start_up_loss_s + 4 * saturation_headway_s) * queues) / sum(queues) AS first_four_s
    FROM read_parquet($discharges)
    WHERE site_id = $site_id
        AND list_contains($directions, direction)
        AND list_contains($weekdays, isodow(interval_start_local))
        AND list_contains($hours, hour(interval_start_local))
        AND interval_start_local::DATE BETWEEN $first_day AND $last_day
    GROUP BY ALL
)
SELECT
    line_id,
    direction,
    queues::BIGINT AS queues,
    vehicles::BIGINT AS vehicles,
    headway_s AS saturation_headway_s,
    3600 / headway_s AS saturation_flow_per_h,
    first_four_s - 4 * headway_s AS start_up_loss_s
FROM sums
ORDER BY line_id, direction;
