-- Grain: one row: the first and the last local day of a site with a recording.
SELECT min(day) AS first_day, max(day) AS last_day FROM read_parquet($quality) WHERE site_id = $site_id;
