-- Every observed day has passed.
INSERT INTO verdicts
SELECT site_id, unnest(observed_days), 'made up', true, '' FROM loads;
