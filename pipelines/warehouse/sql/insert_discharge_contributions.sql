-- A recording's rows.
INSERT INTO discharge_contributions BY NAME SELECT * FROM new_rows;
