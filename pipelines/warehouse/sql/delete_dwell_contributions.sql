-- One recording's rows.
DELETE FROM dwell_contributions WHERE recording_id = $recording_id;
