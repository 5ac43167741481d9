-- One recording's rows.
DELETE FROM coverage_contributions WHERE recording_id = $recording_id;
