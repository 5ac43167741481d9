-- One site's rows.
DELETE FROM weather WHERE site_id = $site_id;
