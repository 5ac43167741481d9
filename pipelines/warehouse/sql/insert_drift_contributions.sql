-- One recording.
INSERT INTO drift_contributions BY NAME SELECT * FROM new_rows;
