-- Some local days of one site.
DELETE FROM verdicts WHERE site_id = $site_id AND list_contains($days, day);
