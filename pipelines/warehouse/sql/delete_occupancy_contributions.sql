-- One recording's rows.
DELETE FROM occupancy_contributions WHERE recording_id = $recording_id;
