-- One site's rows.
DELETE FROM calibrations WHERE site_id = $site_id;
