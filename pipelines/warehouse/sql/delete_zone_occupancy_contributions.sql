-- One recording's rows.
DELETE FROM zone_occupancy_contributions WHERE recording_id = $recording_id;
