-- All rows.
INSERT INTO service_levels BY NAME SELECT * FROM new_rows;
