-- One recording's rows.
DELETE FROM conflict_contributions WHERE recording_id = $recording_id;
