-- Crossings that are counted already, by quarter-hour.
INSERT INTO flow_contributions BY NAME SELECT * FROM new_rows;
