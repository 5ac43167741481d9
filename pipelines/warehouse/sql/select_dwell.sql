-- Grain: zone x class x kind (presence, stationary) x hour of some local days of one site; by the hour in
-- which stays and stops begin. Quantiles are of the product-limit curve (Kaplan and Meier 1958) over
-- classes of duration, their intervals log-log; NULL where the curve does not reach them. The mean is
-- Little's: time spent, gaps included, over those who came, births that no track precedes included.
-- An hour in which nobody was placed on the ground has coverage 0 and NULLs.
WITH site AS (
    SELECT * FROM sites WHERE site_id = $site_id
),
hours AS (
    SELECT unnest(range(
        timezone(time_zone, day::TIMESTAMP),
        timezone(time_zone, (day + 1)::TIMESTAMP),
        INTERVAL 1 HOUR
    )) AS hour_start_utc
    FROM site
    CROSS JOIN (SELECT unnest($days::DATE[]) AS day)
),
classes AS (
    SELECT DISTINCT camera_id, road_user FROM observed_quarters($site_id, $days) WHERE placed_s IS NOT NULL
),
observed AS (
    SELECT
        o.zone_id,
        o.road_user,
        hours.hour_start_utc,
        sum(o.observed_s) AS observed_s,
        max(o.revision) AS revision,
        arg_max(o.detector, o.observed_s) AS detector,
        arg_max(o.site_version, o.observed_s) AS site_version
    FROM observed_in_zones($site_id, $days) AS o
    JOIN hours ON o.interval_start_utc >= hours.hour_start_utc AND o.interval_start_utc < hours.hour_start_utc + INTERVAL 1 HOUR
    GROUP BY ALL
),
classed AS (
    SELECT
        d.zone_id,
        d.road_user,
        d.kind,
        hours.hour_start_utc,
        d.up_to_s,
        sum(d.ended) AS ended,
        sum(d.censored) AS censored,
        sum(d.start_unseen) AS start_unseen
    FROM dwell_contributions AS d
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN hours ON d.interval_start_utc >= hours.hour_start_utc AND d.interval_start_utc < hours.hour_start_utc + INTERVAL 1 HOUR
    GROUP BY ALL
),
at_risk AS (
    SELECT *, sum(ended + censored) OVER (PARTITION BY zone_id, road_user, kind, hour_start_utc ORDER BY up_to_s DESC) AS at_risk
    FROM classed
),
curve AS (
    SELECT
        *,
        product(1 - coalesce(ended / nullif(at_risk, 0), 0)) OVER ending AS share,
        sum(ended / nullif(at_risk * (at_risk - ended), 0)) OVER ending AS greenwood
    FROM at_risk
    WINDOW ending AS (PARTITION BY zone_id, road_user, kind, hour_start_utc ORDER BY up_to_s)
),
bounded AS (
    SELECT
        *,
        CASE WHEN share > 0 AND share < 1 THEN pow(share, exp(1.959963984540054 * sqrt(greenwood) / -ln(share))) END AS lo95,
        CASE WHEN share > 0 AND share < 1 THEN pow(share, exp(-1.959963984540054 * sqrt(greenwood) / -ln(share))) END AS hi95
    FROM curve
),
judged AS (
    SELECT
        zone_id,
        road_user,
        kind,
        hour_start_utc,
        sum(ended)::BIGINT AS ended,
        sum(censored)::BIGINT AS censored,
        sum(start_unseen)::BIGINT AS start_unseen,
        min(up_to_s) FILTER (ended > 0 AND share <= 0.75 + 1e-12) AS p25_s,
        min(up_to_s) FILTER (ended > 0 AND share <= 0.5 + 1e-12) AS median_s,
        min(up_to_s) FILTER (ended > 0 AND lo95 <= 0.5 + 1e-12) AS median_lo95_s,
        min(up_to_s) FILTER (ended > 0 AND hi95 <= 0.5 + 1e-12) AS median_hi95_s,
        min(up_to_s) FILTER (ended > 0 AND share <= 0.25 + 1e-12) AS p75_s
    FROM bounded
    GROUP BY ALL
),
spent AS (
    SELECT o.zone_id, o.road_user, hours.hour_start_utc, sum(o.presence_s) AS presence_s
    FROM zone_occupancy_contributions AS o
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN hours ON o.interval_start_utc >= hours.hour_start_utc AND o.interval_start_utc < hours.hour_start_utc + INTERVAL 1 HOUR
    GROUP BY ALL
),
balance AS (
    SELECT
        b.zone_id,
        b.road_user,
        hours.hour_start_utc,
        sum(b.entries) AS entries,
        sum(b.exits) AS exits,
        sum(b.births) AS births,
        sum(b.deaths) AS deaths,
        sum(b.entries + b.births - b.gaps) AS came,
        sum(b.gap_s) AS gap_s,
        sum(b.stationary_s) AS stationary_s
    FROM zone_balance_contributions AS b
    JOIN loads_of($site_id, $days) AS l USING (recording_id)
    JOIN hours ON b.interval_start_utc >= hours.hour_start_utc AND b.interval_start_utc < hours.hour_start_utc + INTERVAL 1 HOUR
    GROUP BY ALL
)
SELECT
    site.site_id,
    zones.zone_id,
    classes.road_user,
    kinds.kind,
    hours.hour_start_utc AS interval_start_utc,
    timezone(site.time_zone, hours.hour_start_utc) AS interval_start_local,
    CASE WHEN observed.observed_s > 0 THEN coalesce(judged.ended, 0) END AS ended,
    CASE WHEN observed.observed_s > 0 THEN coalesce(judged.censored, 0) END AS censored,
    CASE WHEN observed.observed_s > 0 THEN coalesce(judged.start_unseen, 0) END AS start_unseen,
    judged.p25_s,
    judged.median_s,
    judged.median_lo95_s,
    judged.median_hi95_s,
    judged.p75_s,
    CASE
        WHEN balance.came > 0 AND kinds.kind = 'presence' THEN (coalesce(spent.presence_s, 0) + balance.gap_s) / balance.came
        WHEN balance.came > 0 THEN balance.stationary_s / balance.came
    END AS mean_s,
    CASE WHEN observed.observed_s > 0 THEN coalesce(balance.births, 0)::BIGINT END AS births,
    CASE WHEN observed.observed_s > 0 THEN coalesce(balance.deaths, 0)::BIGINT END AS deaths,
    (balance.births + balance.deaths) / nullif(balance.entries + balance.exits, 0) AS unexplained_share,
    round(coalesce(observed.observed_s, 0) / 3600, 9)::DOUBLE AS coverage,
    observed.revision,
    observed.detector,
    observed.site_version,
    zones.calibration_note,
    site.is_simulated
FROM site
JOIN zones USING (site_id)
CROSS JOIN hours
CROSS JOIN (VALUES ('presence'), ('stationary')) AS kinds (kind)
JOIN classes ON classes.camera_id = zones.camera_id
LEFT JOIN observed
    ON observed.zone_id = zones.zone_id
    AND observed.road_user = classes.road_user
    AND observed.hour_start_utc = hours.hour_start_utc
LEFT JOIN judged
    ON judged.zone_id = zones.zone_id
    AND judged.road_user = classes.road_user
    AND judged.kind = kinds.kind
    AND judged.hour_start_utc = hours.hour_start_utc
LEFT JOIN spent
    ON spent.zone_id = zones.zone_id
    AND spent.road_user = classes.road_user
    AND spent.hour_start_utc = hours.hour_start_utc
LEFT JOIN balance
    ON balance.zone_id = zones.zone_id
    AND balance.road_user = classes.road_user
    AND balance.hour_start_utc = hours.hour_start_utc
ORDER BY zones.zone_id, classes.road_user, kinds.kind, interval_start_utc;
