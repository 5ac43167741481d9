-- Digest and revision of one recording's load, if there is one.
SELECT digest, revision FROM loads WHERE recording_id = $recording_id;
