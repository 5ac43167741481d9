-- One site's rows.
INSERT INTO zones BY NAME SELECT * FROM new_rows;
