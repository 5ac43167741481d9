-- One recording's rows.
DELETE FROM flow_contributions WHERE recording_id = $recording_id;
