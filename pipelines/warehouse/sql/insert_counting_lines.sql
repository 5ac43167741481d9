-- One site's rows.
INSERT INTO counting_lines BY NAME SELECT * FROM new_rows;
