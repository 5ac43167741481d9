-- One site's rows.
INSERT INTO line_certificates BY NAME SELECT * FROM new_rows;
