-- A recording's rows (new_rows).
INSERT INTO zone_balance_contributions BY NAME SELECT * FROM new_rows;
