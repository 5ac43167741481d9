-- The rows of some recordings.
DELETE FROM zone_occupancy_contributions WHERE list_contains($recording_ids, recording_id);
