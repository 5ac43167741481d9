-- One recording's rows.
DELETE FROM speed_contributions WHERE recording_id = $recording_id;
