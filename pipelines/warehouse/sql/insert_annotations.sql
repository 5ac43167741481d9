-- One site's rows.
INSERT INTO annotations BY NAME SELECT $site_id AS site_id, * FROM new_rows;
