-- A recording's rows (new_rows).
INSERT INTO dwell_contributions BY NAME SELECT * FROM new_rows;
