-- The rows of some recordings.
DELETE FROM drift_contributions WHERE list_contains($recording_ids, recording_id);
