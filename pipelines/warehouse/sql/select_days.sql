-- Grain: one site and local day with something observed, whether all of its checks passed, and a state
-- that changes when anything that its released rows are made from does. A day that was never checked
-- has not passed.
WITH touching AS (
    SELECT
        l.site_id,
        unnest(l.observed_days) AS day,
        concat_ws(' ', l.recording_id, l.digest, l.revision, s.site_version) AS load
    FROM loads AS l
    JOIN sites AS s USING (site_id)
),
days AS (
    SELECT site_id, day, md5(string_agg(load, ';' ORDER BY load)) AS state
    FROM touching
    GROUP BY site_id, day
)
SELECT
    site_id,
    day,
    any_value(state) AS state,
    coalesce(bool_and(v.is_passed), false) AS is_passed,
    coalesce(
        string_agg(v.check_name || ': ' || v.details, '; ' ORDER BY v.check_name) FILTER (NOT v.is_passed),
        CASE WHEN count(v.check_name) = 0 THEN 'not checked' ELSE '' END
    ) AS reason
FROM days
LEFT JOIN verdicts AS v USING (site_id, day)
GROUP BY site_id, day
ORDER BY site_id, day;
