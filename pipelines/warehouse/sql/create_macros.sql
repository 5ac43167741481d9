-- What many queries begin with: the quarter-hours of some local days of one site, and what was observed in them.

-- Grain: quarter-hour of a local day (92, 96 or 100 each).
CREATE OR REPLACE TEMP MACRO local_quarters(of_site_id, of_days) AS TABLE
SELECT day, unnest(range(
    timezone(time_zone, day::TIMESTAMP),
    timezone(time_zone, (day + 1)::TIMESTAMP),
    INTERVAL 15 MINUTE
)) AS interval_start_utc
FROM sites
CROSS JOIN (SELECT unnest(of_days::DATE[]) AS day)
WHERE site_id = of_site_id;

-- Grain: camera x class x quarter-hour with something observed; placed_s is NULL where no positions were.
CREATE OR REPLACE TEMP MACRO observed_quarters(of_site_id, of_days) AS TABLE
SELECT
    quarters.day,
    c.camera_id,
    c.road_user,
    c.interval_start_utc,
    sum(c.observed_s) AS observed_s,
    sum(c.observed_s) FILTER (l.has_positions) AS placed_s,
    max(l.revision) AS revision,
    string_agg(DISTINCT l.detector, ', ' ORDER BY l.detector) AS detector,
    string_agg(DISTINCT l.site_version, ', ' ORDER BY l.site_version) AS site_version
FROM coverage_contributions AS c
JOIN loads AS l USING (recording_id)
JOIN local_quarters(of_site_id, of_days) AS quarters USING (interval_start_utc)
WHERE l.site_id = of_site_id
GROUP BY ALL;

-- Grain: line x class x quarter-hour with something observed in a recording that was looked at for the line. A line
-- that was drawn later was not observed until its day is counted again.
CREATE OR REPLACE TEMP MACRO observed_on_lines(of_site_id, of_days) AS TABLE
SELECT
    quarters.day,
    l.line_id,
    c.road_user,
    c.interval_start_utc,
    sum(c.observed_s) AS observed_s,
    max(l.revision) AS revision,
    string_agg(DISTINCT l.detector, ', ' ORDER BY l.detector) AS detector,
    string_agg(DISTINCT l.site_version, ', ' ORDER BY l.site_version) AS site_version
FROM coverage_contributions AS c
JOIN (SELECT *, unnest(line_ids) AS line_id FROM loads WHERE site_id = of_site_id) AS l USING (recording_id)
JOIN local_quarters(of_site_id, of_days) AS quarters USING (interval_start_utc)
GROUP BY ALL;

-- Grain: zone x class x quarter-hour in which road users were placed on the ground in a recording that was looked at
-- for the zone.
CREATE OR REPLACE TEMP MACRO observed_in_zones(of_site_id, of_days) AS TABLE
SELECT
    l.zone_id,
    c.road_user,
    c.interval_start_utc,
    sum(c.observed_s) AS observed_s,
    max(l.revision) AS revision,
    string_agg(DISTINCT l.detector, ', ' ORDER BY l.detector) AS detector,
    string_agg(DISTINCT l.site_version, ', ' ORDER BY l.site_version) AS site_version
FROM coverage_contributions AS c
JOIN (SELECT *, unnest(zone_ids) AS zone_id FROM loads WHERE site_id = of_site_id AND has_positions) AS l USING (recording_id)
JOIN local_quarters(of_site_id, of_days) AS quarters USING (interval_start_utc)
GROUP BY ALL;

-- Grain: camera x quarter-hour with something observed, for what is not of one class.
CREATE OR REPLACE TEMP MACRO seen_quarters(of_site_id, of_days) AS TABLE
SELECT
    camera_id,
    interval_start_utc,
    max(observed_s) AS observed_s,
    max(revision) AS revision,
    arg_max(detector, observed_s) AS detector,
    arg_max(site_version, observed_s) AS site_version
FROM observed_quarters(of_site_id, of_days)
GROUP BY ALL;
