-- The rows of some recordings.
DELETE FROM dwell_contributions WHERE list_contains($recording_ids, recording_id);
