-- What many queries begin with: the quarter-hours of some local days of one site, and what was observed in them.

-- Texts of a group, each once and in order; far cheaper than aggregating them as distinct text.
CREATE OR REPLACE TEMP MACRO each_once(texts) AS array_to_string(list_sort(list_distinct(texts)), ', ');

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

-- Grain: one loaded recording of a site in which something of the days was observed. Whoever joins it looks only at
-- the stretch of a table that holds these recordings.
CREATE OR REPLACE TEMP MACRO loads_of(of_site_id, of_days) AS TABLE
FROM loads WHERE site_id = of_site_id AND list_has_any(observed_days, of_days::DATE[]);

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
    each_once(list(l.detector)) AS detector,
    each_once(list(l.site_version)) AS site_version
FROM coverage_contributions AS c
JOIN loads_of(of_site_id, of_days) AS l USING (recording_id)
JOIN local_quarters(of_site_id, of_days) AS quarters USING (interval_start_utc)
GROUP BY ALL;

-- Grain: line or zone x class x quarter-hour with something observed in a recording that was looked at for it, for a
-- zone with road users placed on the ground. What was drawn later was not observed until its day is counted again.
CREATE OR REPLACE TEMP MACRO observed_places(of_site_id, of_days, are_lines) AS TABLE
SELECT
    quarters.day,
    looked_at.place_id,
    looked_at.road_user,
    interval_start_utc,
    sum(looked_at.observed_s) AS observed_s,
    max(looked_at.revision) AS revision,
    each_once(list(looked_at.detector)) AS detector,
    each_once(list(looked_at.site_version)) AS site_version
FROM (
    SELECT c.*, l.revision, l.detector, l.site_version, unnest(if(are_lines, l.line_ids, l.zone_ids)) AS place_id
    FROM coverage_contributions AS c
    JOIN loads_of(of_site_id, of_days) AS l USING (recording_id)
    WHERE are_lines OR l.has_positions
) AS looked_at
JOIN local_quarters(of_site_id, of_days) AS quarters USING (interval_start_utc)
GROUP BY ALL;

CREATE OR REPLACE TEMP MACRO observed_on_lines(of_site_id, of_days) AS TABLE
SELECT * RENAME (place_id AS line_id) FROM observed_places(of_site_id, of_days, true);

CREATE OR REPLACE TEMP MACRO observed_in_zones(of_site_id, of_days) AS TABLE
SELECT * EXCLUDE (day) RENAME (place_id AS zone_id) FROM observed_places(of_site_id, of_days, false);

-- Grain: line or zone x quarter-hour with something observed in a recording that was looked at for it, for what is not
-- of one class.
CREATE OR REPLACE TEMP MACRO seen_places(of_site_id, of_days, are_lines) AS TABLE
SELECT
    place_id,
    interval_start_utc,
    max(observed_s) AS observed_s,
    max(revision) AS revision,
    arg_max(detector, observed_s) AS detector,
    arg_max(site_version, observed_s) AS site_version
FROM observed_places(of_site_id, of_days, are_lines)
GROUP BY ALL;

CREATE OR REPLACE TEMP MACRO seen_on_lines(of_site_id, of_days) AS TABLE
SELECT * RENAME (place_id AS line_id) FROM seen_places(of_site_id, of_days, true);

CREATE OR REPLACE TEMP MACRO seen_in_zones(of_site_id, of_days) AS TABLE
SELECT * RENAME (place_id AS zone_id) FROM seen_places(of_site_id, of_days, false);

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
