-- One recording's rows.
DELETE FROM drift_contributions WHERE recording_id = $recording_id;
