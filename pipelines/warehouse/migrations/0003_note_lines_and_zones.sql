-- The lines and zones that a recording was looked at for, so that one drawn later is not observed and never 0.
-- What was loaded before this was noted has those of its camera where the site is still the same; else those on
-- which somebody was counted in a recording of the same camera and site version. Of others nobody can tell.
ALTER TABLE loads ADD COLUMN line_ids VARCHAR[];
ALTER TABLE loads ADD COLUMN zone_ids VARCHAR[];
UPDATE loads
SET line_ids = known.line_ids
FROM (
    SELECT l.recording_id, list_sort(list(DISTINCT line_id)) AS line_ids
    FROM loads AS l
    JOIN (
        SELECT l.camera_id, l.site_version, f.line_id
        FROM flow_contributions AS f
        JOIN loads AS l USING (recording_id)
        UNION
        SELECT c.camera_id, s.site_version, c.line_id
        FROM counting_lines AS c
        JOIN sites AS s USING (site_id)
    ) USING (camera_id, site_version)
    GROUP BY l.recording_id
) AS known
WHERE known.recording_id = loads.recording_id;
UPDATE loads
SET zone_ids = known.zone_ids
FROM (
    SELECT l.recording_id, list_sort(list(DISTINCT zone_id)) AS zone_ids
    FROM loads AS l
    JOIN (
        SELECT l.camera_id, l.site_version, b.zone_id
        FROM zone_balance_contributions AS b
        JOIN loads AS l USING (recording_id)
        UNION
        SELECT z.camera_id, s.site_version, z.zone_id
        FROM zones AS z
        JOIN sites AS s USING (site_id)
    ) USING (camera_id, site_version)
    WHERE l.has_positions
    GROUP BY l.recording_id
) AS known
WHERE known.recording_id = loads.recording_id;
