-- One site and local day.
DELETE FROM verdicts WHERE site_id = $site_id AND day = $day;
