-- One site's rows.
DELETE FROM zones WHERE site_id = $site_id;
