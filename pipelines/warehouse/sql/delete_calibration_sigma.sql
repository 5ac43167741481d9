-- One site's rows.
DELETE FROM calibration_sigma WHERE site_id = $site_id;
