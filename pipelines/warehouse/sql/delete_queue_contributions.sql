-- One recording's rows.
DELETE FROM queue_contributions WHERE recording_id = $recording_id;
