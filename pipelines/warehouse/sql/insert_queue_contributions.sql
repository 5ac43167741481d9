-- A recording's rows.
INSERT INTO queue_contributions BY NAME SELECT * FROM new_rows;
