-- One row per check of a site and local day.
INSERT INTO verdicts BY NAME SELECT * FROM new_rows;
