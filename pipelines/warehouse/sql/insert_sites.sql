-- One site's rows.
INSERT INTO sites BY NAME SELECT * FROM new_rows;
