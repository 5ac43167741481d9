-- What was observed on some local days of one site, found once for the many queries that begin with it.
CREATE OR REPLACE TEMP TABLE held_zones AS FROM observed_in_zones($site_id, $days);
