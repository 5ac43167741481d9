-- One site's rows.
DELETE FROM counting_lines WHERE site_id = $site_id;
