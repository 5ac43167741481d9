-- Some recordings.
INSERT INTO loads BY NAME SELECT * FROM new_rows;
