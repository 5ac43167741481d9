-- One site's rows.
DELETE FROM junctions WHERE site_id = $site_id;
