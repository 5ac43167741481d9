-- What was observed on some local days of one site, found once for the many queries that begin with it.
CREATE OR REPLACE TEMP TABLE held_quarters AS FROM observed_quarters($site_id, $days);
