-- What was observed on some local days of one site, found once for the many queries that begin with it.
CREATE OR REPLACE TEMP TABLE held_lines AS FROM observed_on_lines($site_id, $days);
