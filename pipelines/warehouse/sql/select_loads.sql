-- Grain: one loaded recording of a site.
SELECT recording_id, camera_id, day, crossings, digest, revision FROM loads WHERE site_id = $site_id;
