-- The rows of some recordings.
DELETE FROM discharge_contributions WHERE list_contains($recording_ids, recording_id);
