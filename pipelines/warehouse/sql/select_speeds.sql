-- Grain: line x direction x class x quarter-hour of some local days of one site in which somebody crossed.
-- Means and the 85th percentile are NULL where they are not measurable, with the reason. The percentile
-- lies within its 1 km/h bin by interpolation, its interval between the order statistics that a
-- binomial count allows (normal approximation).
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
observed AS (
    FROM observed_on_lines($site_id, $days)
),
crossed AS (
    SELECT f.line_id, f.direction, f.road_user, f.interval_start_utc, sum(f.count) AS n
    FROM flow_contributions AS f
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
),
bins AS (
    SELECT
        s.line_id,
        s.direction,
        s.road_user,
        s.interval_start_utc,
        s.bin_km_h,
        sum(s.n) AS n,
        sum(s.free) AS free,
        sum(s.speed_m_s) AS speed_m_s,
        sum(s.slowness_s_m) AS slowness_s_m,
        sum(s.variance_m2_s2) AS variance_m2_s2,
        sum(s.headways) AS headways,
        sum(s.headway_s) AS headway_s,
        sum(s.gaps) AS gaps,
        sum(s.gap_s) AS gap_s,
        sum(s.close) AS close,
        max(s.unmeasurable) AS unmeasurable
    FROM speed_contributions AS s
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
),
summed AS (
    SELECT
        line_id,
        direction,
        road_user,
        interval_start_utc,
        sum(free) AS free,
        sum(speed_m_s) / sum(n) AS time_mean_m_s,
        sum(n) / sum(slowness_s_m) AS space_mean_m_s,
        sqrt(sum(variance_m2_s2) / sum(n)) AS sigma_m_s,
        sum(headways) AS headway_n,
        sum(headway_s) / nullif(sum(headways), 0) AS mean_headway_s,
        sum(gaps) AS gap_n,
        sum(gap_s) / nullif(sum(gaps), 0) AS mean_gap_s,
        sum(close) AS close_n,
        max(unmeasurable) AS unmeasurable
    FROM bins
    GROUP BY ALL
),
stairs AS (
    SELECT *, sum(free) OVER (PARTITION BY line_id, direction, road_user, interval_start_utc ORDER BY bin_km_h) AS up_to
    FROM bins
    WHERE free > 0
),
steps AS (
    SELECT summed.line_id, summed.direction, summed.road_user, summed.interval_start_utc, shares.name, shares.share * summed.free AS target
    FROM summed
    CROSS JOIN LATERAL (VALUES
        ('v85', 0.85),
        ('lo95', 0.85 - 1.96 * sqrt(0.85 * 0.15 / nullif(summed.free, 0))),
        ('hi95', 0.85 + 1.96 * sqrt(0.85 * 0.15 / nullif(summed.free, 0)))
    ) AS shares (name, share)
    WHERE summed.free >= 10
),
percentiles AS (
    SELECT
        line_id,
        direction,
        road_user,
        interval_start_utc,
        max(speed_m_s) FILTER (name = 'v85') AS v85_m_s,
        max(speed_m_s) FILTER (name = 'lo95') AS v85_lo95_m_s,
        max(speed_m_s) FILTER (name = 'hi95') AS v85_hi95_m_s
    FROM (
        SELECT
            stairs.line_id,
            stairs.direction,
            stairs.road_user,
            stairs.interval_start_utc,
            steps.name,
            (stairs.bin_km_h + (steps.target - (stairs.up_to - stairs.free)) / stairs.free) / 3.6 AS speed_m_s
        FROM stairs
        JOIN steps USING (line_id, direction, road_user, interval_start_utc)
        WHERE steps.target > stairs.up_to - stairs.free AND steps.target <= stairs.up_to
    )
    GROUP BY ALL
),
judged AS (
    SELECT
        crossed.*,
        lines.camera_id,
        lines.calibration_note,
        summed.* EXCLUDE (line_id, direction, road_user, interval_start_utc),
        percentiles.* EXCLUDE (line_id, direction, road_user, interval_start_utc),
        CASE
            WHEN lines.space = 'image' THEN 'the line is drawn in pixels'
            WHEN summed.time_mean_m_s IS NULL THEN 'no positions in metres'
            ELSE summed.unmeasurable
        END AS reason
    FROM crossed
    JOIN (SELECT * FROM counting_lines WHERE site_id = $site_id) AS lines USING (line_id)
    LEFT JOIN summed USING (line_id, direction, road_user, interval_start_utc)
    LEFT JOIN percentiles USING (line_id, direction, road_user, interval_start_utc)
)
SELECT
    site.site_id,
    judged.line_id,
    judged.direction,
    judged.road_user,
    judged.interval_start_utc,
    timezone(site.time_zone, judged.interval_start_utc) AS interval_start_local,
    judged.n::BIGINT AS n,
    CASE WHEN reason IS NULL THEN time_mean_m_s END AS time_mean_m_s,
    CASE WHEN reason IS NULL THEN space_mean_m_s END AS space_mean_m_s,
    judged.sigma_m_s,
    coalesce(judged.free, 0)::BIGINT AS free_n,
    CASE WHEN reason IS NULL THEN v85_m_s END AS v85_m_s,
    CASE WHEN reason IS NULL THEN v85_lo95_m_s END AS v85_lo95_m_s,
    CASE WHEN reason IS NULL THEN v85_hi95_m_s END AS v85_hi95_m_s,
    coalesce(judged.headway_n, 0)::BIGINT AS headway_n,
    judged.mean_headway_s,
    CASE WHEN reason IS NULL THEN coalesce(judged.gap_n, 0) ELSE 0 END::BIGINT AS gap_n,
    CASE WHEN reason IS NULL THEN judged.mean_gap_s END AS mean_gap_s,
    CASE WHEN reason IS NULL THEN coalesce(judged.close_n, 0) ELSE 0 END::BIGINT AS close_n,
    reason IS NULL AS is_measurable,
    judged.reason,
    round(coalesce(observed.observed_s, 0) / 900, 9)::DOUBLE AS coverage,
    observed.revision,
    observed.detector,
    observed.site_version,
    judged.calibration_note,
    site.is_simulated
FROM judged
CROSS JOIN site
LEFT JOIN observed
    ON observed.line_id = judged.line_id
    AND observed.road_user = judged.road_user
    AND observed.interval_start_utc = judged.interval_start_utc
ORDER BY line_id, direction, road_user, interval_start_utc;
