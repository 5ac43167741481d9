-- One recording's rows.
DELETE FROM movement_contributions WHERE recording_id = $recording_id;
