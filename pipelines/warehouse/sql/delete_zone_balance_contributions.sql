-- The rows of some recordings.
DELETE FROM zone_balance_contributions WHERE list_contains($recording_ids, recording_id);
