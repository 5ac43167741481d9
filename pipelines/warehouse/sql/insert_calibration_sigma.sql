-- One site's rows.
INSERT INTO calibration_sigma BY NAME SELECT * FROM new_rows;
