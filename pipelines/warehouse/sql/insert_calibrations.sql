-- One site's rows.
INSERT INTO calibrations BY NAME SELECT * FROM new_rows;
