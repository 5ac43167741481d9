-- One recording.
INSERT INTO loads BY NAME SELECT * FROM new_rows;
