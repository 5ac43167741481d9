-- One recording's rows.
DELETE FROM zone_balance_contributions WHERE recording_id = $recording_id;
