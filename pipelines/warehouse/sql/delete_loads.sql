-- The rows of some recordings.
DELETE FROM loads WHERE list_contains($recording_ids, recording_id);
