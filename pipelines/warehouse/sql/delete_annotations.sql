-- One site's rows.
DELETE FROM annotations WHERE site_id = $site_id;
