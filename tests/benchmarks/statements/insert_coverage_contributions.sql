-- Observed seconds that are cut to quarter-hours already.
INSERT INTO coverage_contributions BY NAME SELECT * FROM new_rows;
