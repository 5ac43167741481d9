-- Grain: line x direction x class x quarter-hour x speed bin of 1 km/h of some local days of one site in which
-- somebody crossed, where speeds are measurable.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
quarters AS (
    FROM local_quarters($site_id, $days)
),
observed AS (
    FROM observed_on_lines($site_id, $days)
),
bins AS (
    SELECT
        l.camera_id,
        s.line_id,
        s.direction,
        s.road_user,
        s.interval_start_utc,
        s.bin_km_h,
        sum(s.n) AS n,
        sum(s.free) AS free,
        max(s.unmeasurable) AS unmeasurable
    FROM speed_contributions AS s
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN quarters USING (interval_start_utc)
    GROUP BY ALL
),
-- A quarter-hour is shown whole or not at all, whatever recordings it comes from.
shown AS (
    SELECT *
    FROM bins
    QUALIFY max(unmeasurable) OVER (PARTITION BY line_id, direction, road_user, interval_start_utc) IS NULL
)
SELECT
    site.site_id,
    shown.line_id,
    shown.direction,
    shown.road_user,
    shown.interval_start_utc,
    timezone(site.time_zone, shown.interval_start_utc) AS interval_start_local,
    shown.bin_km_h AS from_km_h,
    shown.n::BIGINT AS n,
    shown.free::BIGINT AS free_n,
    round(coalesce(observed.observed_s, 0) / 900, 9)::DOUBLE AS coverage,
    observed.revision,
    observed.detector,
    observed.site_version,
    site.is_simulated
FROM shown
CROSS JOIN site
LEFT JOIN observed
    ON observed.line_id = shown.line_id
    AND observed.road_user = shown.road_user
    AND observed.interval_start_utc = shown.interval_start_utc
ORDER BY line_id, direction, road_user, interval_start_utc, from_km_h;
