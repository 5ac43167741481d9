-- One recording's rows.
DELETE FROM discharge_contributions WHERE recording_id = $recording_id;
