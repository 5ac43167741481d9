-- One recording as if it had been loaded anew.
UPDATE loads SET digest = 'changed', revision = 2 WHERE recording_id = (SELECT max(recording_id) FROM loads);
