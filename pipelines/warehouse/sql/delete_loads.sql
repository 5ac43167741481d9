-- One recording's rows.
DELETE FROM loads WHERE recording_id = $recording_id;
