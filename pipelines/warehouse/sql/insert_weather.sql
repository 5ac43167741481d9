-- One site's rows.
INSERT INTO weather BY NAME SELECT $site_id AS site_id, * FROM new_rows;
