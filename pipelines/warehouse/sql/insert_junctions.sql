-- One site's rows.
INSERT INTO junctions BY NAME SELECT * FROM new_rows;
