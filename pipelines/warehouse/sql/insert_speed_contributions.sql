-- A recording's rows.
INSERT INTO speed_contributions BY NAME SELECT * FROM new_rows;
