-- One site's rows.
DELETE FROM line_certificates WHERE site_id = $site_id;
